// What explorers need of the page: names for handles, quiet words for screen readers, the number under the mouse, keys
// that stay with the controls, and a word when the kernel answers no more. Runs once for every explorer, as the
// `onload` of a style element in it (a script element in a widget would not run). Where a server forbids that, a line
// that this script hides stays visible, and all else still works.
(style => {
  const explorer = style.closest('.ll-explorer');
  if (!explorer || explorer.classList.contains('ll-scripted')) return;
  explorer.classList.add('ll-scripted');
  explorer.closest('.jp-Notebook')?.classList.add('ll-notebook');
  const find = selector => explorer.querySelector(selector);
  const set = (element, name, text) => {
    if (element && text && element.getAttribute(name) !== text) element.setAttribute(name, text);
  };

  // Aloud, a minus is a word, as some readers skip the sign, and letters are said one by one.
  const aloud = text => text.replace(/\s+/g, ' ').trim().replace(/(^|[^\w.])[-−](?=\d)/g, '$1minus ')
    .replace(/\b[ABC]{2,}\b/g, letters => [...letters].join(', '));

  // ipywidgets gives the handle of a slider no name, a value with one decimal, and the buttons of a player only icons.
  const icons = {'fa-play': 'Play', 'fa-pause': 'Pause', 'fa-stop': 'Back to the start'};
  const nameControls = () => {
    for (const handle of explorer.querySelectorAll('.noUi-handle')) {
      const slider = handle.closest('.widget-slider'), readout = slider.querySelector('.widget-readout');
      const name = slider.querySelector('.widget-label').textContent;
      set(handle, 'aria-label', name);
      if (!readout) continue;
      set(handle, 'aria-valuetext', aloud(readout.textContent));
      set(handle, 'aria-valuenow', String(handle.closest('.noUi-target').noUiSlider?.get(true) ?? ''));
      if (slider.matches('.ll-places *')) {  // a tile, whose click is the next letter
        set(readout, 'role', 'button');
        set(readout, 'tabindex', '0');
        set(readout, 'aria-label', `${readout.textContent}, ${name}: the next one`);
        continue;
      }
      set(readout, 'role', 'textbox');
      set(readout, 'aria-label', name + ', typed');
    }
    for (const row of explorer.querySelectorAll('.ll-switches .widget-radio')) {
      set(row, 'role', 'radiogroup');
      set(row, 'aria-label', row.querySelector('.widget-label').textContent);
    }
    for (const button of explorer.querySelectorAll('.ll-choice button')) {  // a verdict: its words hold a sign
      set(button, 'aria-label', button.title);
      set(button, 'aria-pressed', String(button.classList.contains('mod-primary')));
    }
    for (const button of explorer.querySelectorAll('.widget-play button')) {
      const name = Object.keys(icons).find(icon => button.querySelector('.' + icon));
      set(button, 'aria-label', icons[name]);
      set(button, 'title', icons[name]);
    }
  };
  for (const part of [find('.ll-controls'), find('.ll-switches')].filter(Boolean))  // the picture changes at every move
    new MutationObserver(nameControls).observe(
      part, {subtree: true, childList: true, attributes: true, attributeFilter: ['aria-valuetext', 'class']});
  nameControls();

  // The words follow once the picture has rested, so that a screen reader does not talk through a drag; where something
  // is counted, once that is there, which begins no sooner.
  const REST = 400;
  const words = find('.ll-words'), brief = words && words.parentElement.insertBefore(words.cloneNode(), words);
  brief?.classList.replace('ll-words', 'll-brief');  // for a few words beside them
  const tell = text => {
    brief.textContent = '';
    setTimeout(() => brief.textContent = aloud(text), 50);
  };
  let resting = 0, turning = 0;
  const whole = note => !('more' in note.dataset) || find('.ll-counted [data-move]')?.dataset.move === note.dataset.move;
  // First what the models answer, or the plots show, then the sentences of the note, then its numbers.
  const lines = note => note.innerHTML.split('<br>').sort((one, other) => one.startsWith('<code') - other.startsWith('<code'))
    .map(line => new DOMParser().parseFromString(line, 'text/html').body.textContent);
  const speak = () => {
    const note = find('.ll-note'), said = where => Array.from(explorer.querySelectorAll(where), part => part.dataset.said);
    if (!note || !words || !whole(note)) return;
    const counted = said('.ll-counted [data-said]'), plots = said('.ll-plot[data-said]');
    const parts = [...counted, ...plots, ...lines(note), ...said('.ll-cells [data-said]:not(.ll-plot)')];
    if (!counted.length) parts.push(find('.ll-counted')?.innerText ?? '');
    const text = aloud(parts.filter(Boolean).join('\n').replace(/([^.?!:;,\s])\s*\n/g, '$1. '));
    const moved = words.dataset.move !== note.dataset.move;
    words.dataset.move = note.dataset.move;
    if (find('.ll-training progress')) return;  // while it trains
    if (words.textContent !== text) words.textContent = text;
    else if (moved) tell('The words are as before.');
  };
  const answered = () => {
    const note = find('.ll-note');
    explorer.classList.toggle('ll-counting', Boolean(note) && !whole(note));
    clearTimeout(resting);
    resting = setTimeout(speak, REST);
    clearTimeout(waiting);
    if (silence.textContent) silence.textContent = '';
  };

  // After a restart of the kernel sliders still move, and nothing answers.
  const PATIENCE = 2000;
  const silence = document.createElement('div');
  silence.setAttribute('role', 'alert');
  silence.hidden = true;
  find('.ll-stage').before(silence);
  let waiting = 0;
  const busy = () => document.querySelector('.jp-Notebook-ExecutionIndicator[data-status="busy"]');
  const complain = () => {
    if (!explorer.isConnected) return;
    if (busy()) waiting = setTimeout(complain, PATIENCE);
    else silence.textContent = 'The kernel has restarted: run this cell again.';
    silence.hidden = !silence.textContent;
  };
  const asked = () => {
    clearTimeout(waiting);
    waiting = setTimeout(complain, PATIENCE);
  };
  new MutationObserver(() => silence.hidden = !silence.textContent).observe(silence, {childList: true});
  for (const part of explorer.querySelectorAll('.ll-cells, .ll-error, .ll-refusal, .ll-status'))
    new MutationObserver(answered).observe(part, {subtree: true, childList: true, characterData: true});
  new MutationObserver(() => { answered(); speak(); }).observe(
    find('.ll-counted'), {subtree: true, childList: true, characterData: true});
  new MutationObserver(asked).observe(
    find('.ll-controls'), {subtree: true, attributes: true, attributeFilter: ['aria-valuenow']});
  explorer.addEventListener('change', asked);
  // Orca takes a change of the text in which the caret was left for a move of focus, and says nothing else.
  explorer.addEventListener('focusout', event => event.target.matches('.widget-readout') && getSelection().removeAllRanges());
  // A player that pauses says the step that it shows.
  explorer.addEventListener('click', event => {
    if (!event.target.closest('.widget-play button')?.querySelector('.fa-pause')) return;
    words.textContent = '';
    clearTimeout(resting);
    resting = setTimeout(speak, REST);
  }, true);
  // Of a training, its start, how far it is every ten seconds, and its end where the words do not say it.
  const training = find('.ll-training');
  let reported = training?.textContent.trim(), since = 0, running = false;
  const report = () => {
    const status = training.querySelector('.ll-status'), text = status?.textContent.trim();
    if (!text || text === reported) return;
    const runs = Boolean(status.querySelector('progress')), starts = runs && !running, now = performance.now();
    running = runs;
    if (!runs) answered();
    if (runs ? !starts && now - since < 10000 : find('.ll-note').textContent.includes(text)) return;
    [reported, since] = [text, now];
    tell(text);
  };
  if (training) new MutationObserver(report).observe(training, {subtree: true, childList: true});
  resting = setTimeout(speak, REST);

  // Points glide to their new places, and rows that changed places cross, unless pictures come faster than that.
  const GLIDE = 250, still = window.matchMedia('(prefers-reduced-motion: reduce)');
  let panels = [], drawn = 0, shown;
  const glide = () => {
    const before = panels, now = performance.now(), move = find('.ll-note')?.dataset.move;
    if (shown === move) return;
    const glides = !still.matches && now - drawn > GLIDE;
    [shown, drawn] = [move, now];
    panels = Array.from(explorer.querySelectorAll('.ll-cells .ll-panel'), panel => ({
      places: Array.from(panel.querySelectorAll('.ll-plot > :is(i, u, em, span), .ll-plot > svg > path'), part =>
        [part, part.tagName === 'path' ? {d: `path("${part.getAttribute('d')}")`} : {left: part.style.left, top: part.style.top}]),
      rows: rowsOf(panel), image: panel.querySelector('img')}));
    for (const [i, {places, rows, image}] of glides ? panels.entries() : []) {
      const {places: from = [], rows: were = []} = before[i] ?? {};
      if (from.length === places.length) places.forEach(([part, place], j) => part.animate([from[j][1], place], GLIDE));
      const n = new Set(rows).size;
      if (rows.join() === were.join() || n < rows.length || [...rows].sort().join() !== [...were].sort().join()) continue;
      rows.forEach((row, j) => {
        const moving = image.cloneNode();
        moving.style.clipPath = `inset(${100 * j / n}% 0 ${100 - 100 * (j + 1) / n}% 0)`;
        image.after(moving);
        moving.animate({translate: [`0 ${100 * (were.indexOf(row) - j) / n}%`, '0 0']}, GLIDE);
      });
    }
  };
  const rowsOf = panel => {
    const text = panel.dataset.numbers ?? '', n = panel.querySelectorAll('.ll-row-labels span').length;
    return Array.from({length: text.length % n ? 0 : n}, (_, i) => text.slice(i * text.length / n, (i + 1) * text.length / n));
  };
  new MutationObserver(glide).observe(find('.ll-cells'), {subtree: true, childList: true});
  glide();

  // The number under the mouse: ten-thousandths in 16 bits each, or, after a colon, large numbers in 32.
  const numbers = text => {
    const bytes = Uint8Array.from(atob(text.replace(':', '')), letter => letter.charCodeAt(0)).buffer;
    if (text[0] === ':') return new Float32Array(bytes);
    return Float32Array.from(new Int16Array(bytes), number => number === -32768 ? NaN : number / 10000);
  };
  explorer.addEventListener('mousemove', event => {
    const panel = event.target.closest('.ll-panel[data-numbers]');
    if (!panel) return;
    const image = panel.querySelector('img'), [n_rows, n_columns] = [image.naturalHeight, image.naturalWidth];
    const box = panel.getBoundingClientRect(), labels = panel.querySelectorAll('.ll-row-labels span');
    const place = (at, start, length, n) => Math.min(n - 1, Math.max(0, Math.floor((at - start) / length * n)));
    const row = place(event.clientY, box.top, box.height, n_rows);
    const column = place(event.clientX, box.left, box.width, n_columns);
    const number = numbers(panel.dataset.numbers)[row * n_columns + column];
    if (Number.isNaN(number)) panel.removeAttribute('title');
    else set(panel, 'title', `row ${labels[row]?.textContent || row}, column ${column}: ${number.toFixed(4).replace('-', '−')}`);
  });

  // Blocks in space turn in the page, whatever the kernel does: what is turned here is added to the first angles.
  const stage = find('.ll-stage'), turned = {across: 0, up: 0};
  const turn = (across, up) => {
    const [azimuth, elevation] = ['--azimuth', '--elevation'].map(name => Number(find('.ll-space').style.getPropertyValue(name)));
    const around = azimuth + turned.across + across;
    turned.across = around - 360 * Math.round(around / 360) - azimuth;
    turned.up = Math.min(90, Math.max(-90, elevation + turned.up + up)) - elevation;
    stage.style.setProperty('--turn', turned.across);
    stage.style.setProperty('--tilt', turned.up);
    const seen = [azimuth + turned.across, elevation + turned.up].map(Math.round);
    clearTimeout(turning);
    turning = setTimeout(() => tell(`Seen from ${seen[0]} degrees around, ${seen[1]} degrees above.`), REST);
  };
  const ARROWS = {ArrowLeft: [5, 0], ArrowRight: [-5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5]};
  const turnByKeys = event => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    turn(...ARROWS[event.key]);
  };
  if (find('.ll-space')) {
    for (const [name, text] of [['role', 'group'], ['aria-label', 'Blocks in space: arrow keys turn them, in the focus mode of a screen reader'], ['tabindex', '0']])
      set(stage, name, text);
    let from = null;
    stage.addEventListener('pointerdown', event => {
      if (event.button || !event.target.closest('.ll-space')) return;
      from = event;
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener('pointermove', event => {
      if (!from || event.pointerId !== from.pointerId) return;
      turn((from.clientX - event.clientX) / 2, (event.clientY - from.clientY) / 2);
      stage.classList.add('ll-turning');
      from = event;
    });
    for (const end of ['pointerup', 'pointercancel'])
      stage.addEventListener(end, () => {
        from = null;
        stage.classList.remove('ll-turning');
      });
    find('.ll-controls > button').addEventListener('click', () => {
      Object.assign(turned, {across: 0, up: 0});
      turn(0, 0);
    });
  }

  // JupyterLab takes single keys for itself wherever focus is outside a text field (`d d` on a slider deletes the
  // cell), and Notebook 7 the arrows. It leaves alone what has this attribute; all else with Ctrl, Alt or Shift+Enter
  // still goes to it. A listener of the window comes before Jupyter's own, and is there while focus is in the explorer.
  // Whoever moves the slider of a player takes over: it pauses.
  const pause = player => player.querySelector('.fa-pause')?.closest('button').click();
  const playByKeys = (player, focused, event) => {
    const handle = player.querySelector('.noUi-handle');
    if (event.key === ' ' && focused === handle) {
      event.preventDefault();
      player.querySelector('button').click();
    } else if (/^(Arrow|Home|End|Page)/.test(event.key)) {
      pause(player);
      if (!focused.matches('button')) return;
      event.preventDefault();
      handle.dispatchEvent(new KeyboardEvent('keydown', {key: event.key, cancelable: true}));
    }
  };
  explorer.addEventListener('pointerdown', event => {
    if (event.target.closest('.ll-steps .widget-slider')) pause(event.target.closest('.ll-steps'));
  });
  explorer.addEventListener('click', event => {  // before Reset goes to the kernel, so that no step comes after it
    if (event.target.closest('button')?.textContent.trim() === 'Reset') explorer.querySelectorAll('.ll-steps').forEach(pause);
  }, true);
  const nextLetter = tile => {
    const handle = tile.closest('.widget-slider').querySelector('.noUi-handle');
    const [now, most] = ['now', 'max'].map(name => Number(handle.getAttribute('aria-value' + name)));
    const key = now === most ? 'Home' : 'ArrowRight';
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, cancelable: true}));
  };
  explorer.addEventListener('click', event => {
    if (event.target.matches('.ll-places .widget-readout')) nextLetter(event.target);
  });
  const keep = event => {
    const focused = event.target;
    if (!explorer.contains(focused)) return;
    const player = focused.closest('.ll-steps');
    if (player) playByKeys(player, focused, event);
    if (focused === stage) turnByKeys(event);
    if (focused.matches('.ll-places .widget-readout') && [' ', 'Enter'].includes(event.key) && !event.shiftKey) {
      event.preventDefault();
      nextLetter(focused);
    }
    focused.toggleAttribute('data-lm-suppress-shortcuts',
      !(event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter')));
  };
  // Safari gives a button that is clicked no focus, and single keys would go to the notebook.
  explorer.addEventListener('click', event => event.target.closest('button')?.focus({preventScroll: true}));
  explorer.addEventListener('focusin', () => window.addEventListener('keydown', keep, true));
  explorer.addEventListener('focusout', () => window.removeEventListener('keydown', keep, true));
})(this);
