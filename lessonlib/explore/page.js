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

  // ipywidgets gives the handle of a slider no name, and the buttons of a player only icons.
  const icons = {'fa-play': 'Play', 'fa-pause': 'Pause', 'fa-stop': 'Back to the start'};
  const nameControls = () => {
    for (const handle of explorer.querySelectorAll('.noUi-handle')) {
      const slider = handle.closest('.widget-slider'), readout = slider.querySelector('.widget-readout');
      const name = slider.querySelector('.widget-label').textContent;
      set(handle, 'aria-label', name);
      if (!readout) continue;
      set(handle, 'aria-valuetext', readout.textContent);
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
    for (const button of explorer.querySelectorAll('.widget-play button')) {
      const name = Object.keys(icons).find(icon => button.querySelector('.' + icon));
      set(button, 'aria-label', icons[name]);
      set(button, 'title', icons[name]);
    }
  };
  new MutationObserver(nameControls).observe(
    explorer, {subtree: true, childList: true, attributes: true, attributeFilter: ['aria-valuetext', 'class']});
  nameControls();

  // The words follow once the picture has rested, so that a screen reader does not talk through a drag; where something
  // is counted, once that is there, which begins no sooner.
  const REST = 400;
  const words = find('.ll-words');
  let resting = 0, angles = '';  // from where blocks are seen, once they were turned
  const whole = note => !('more' in note.dataset) || find('.ll-counted [data-move]')?.dataset.move === note.dataset.move;
  const speak = () => {
    const note = find('.ll-note'), strips = explorer.querySelectorAll('[data-said]');
    if (!note || !words || !whole(note)) return;
    const parts = [note.innerText, ...Array.from(strips, strip => strip.dataset.said)];
    if (!strips.length) parts.push(find('.ll-counted')?.innerText ?? '');
    parts.push(angles);
    const text = parts.join(' ').replace(/\s+/g, ' ').trim().replace(/(^|[^\w.])[-−](?=\d)/g, '$1minus ');  // some readers skip the sign
    if (words.textContent !== text) words.textContent = text;
    words.dataset.move = note.dataset.move;
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
    angles = `Seen from ${Math.round(azimuth + turned.across)} degrees around, ${Math.round(elevation + turned.up)} degrees above.`;
    clearTimeout(resting);
    resting = setTimeout(speak, REST);
  };
  const ARROWS = {ArrowLeft: [5, 0], ArrowRight: [-5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5]};
  const turnByKeys = event => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    turn(...ARROWS[event.key]);
  };
  if (find('.ll-space')) {
    for (const [name, text] of [['role', 'application'], ['aria-label', 'Blocks in space: arrow keys turn them'], ['tabindex', '0']])
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
      angles = '';
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
    const key = handle.getAttribute('aria-valuenow') === handle.getAttribute('aria-valuemax') ? 'Home' : 'ArrowRight';
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
