"""The words and sentences that are asked about in English: our own lists, of words that are one token each.

Families of analogies are named as in the test set of word2vec (Mikolov et al. 2013, arXiv 1301.3781, table 1), and so
are their kinds of pairs; "man woman" is its *family*. The words were chosen here, before anything was measured.
"""


def _pairs(text):
    return tuple(tuple(pair.split()) for pair in text.split(", "))


SYNONYMS = _pairs(
    "big large, small little, quick fast, begin start, end finish, buy purchase, sick ill, smart clever, glad happy, "
    "angry mad, rich wealthy, silent quiet, hard difficult, easy simple, large huge, house home, road street, "
    "child kid, woman lady, man guy, father dad, mother mom, doctor physician, lawyer attorney, car automobile, "
    "ship boat, shop store, job work, forest woods, rock stone, film movie, answer reply, help assist, hide conceal, "
    "choose select, speak talk, shout yell, near close, correct right, error mistake"
)
OPPOSITES = _pairs(
    "good bad, big small, hot cold, black white, day night, old young, rich poor, open close, love hate, war peace, "
    "left right, up down, first last, early late, high low, win lose, buy sell, strong weak, true false, north south"
)
# Each question goes from one pair to the next, and from the last to the first: king - man + woman = queen.
ANALOGIES = {
    "man woman": _pairs(
        "man woman, king queen, father mother, brother sister, son daughter, husband wife, uncle aunt, prince princess"
    ),
    "country capital": _pairs(
        "france paris, germany berlin, italy rome, spain madrid, russia moscow, japan tokyo, china beijing, egypt cairo"
    ),
    "country people": _pairs(
        "france french, germany german, italy italian, spain spanish, russia russian, japan japanese, china chinese, "
        "egypt egyptian"
    ),
    "dog dogs": _pairs("dog dogs, cat cats, car cars, tree trees, house houses, book books, hand hands"),
    "walk walked": _pairs("walk walked, go went, see saw, take took, give gave, come came, say said"),
    "big bigger": _pairs(
        "big bigger, small smaller, old older, high higher, long longer, large larger, strong stronger"
    ),
    "good bad": _pairs("good bad, hot cold, rich poor, old young, high low, strong weak, big small, early late"),
}
# Every word is one token. The first eight are about a river, the others about money.
BANK = (
    "they sat on the bank of the river",
    "the boat was tied to the bank",
    "we walked along the muddy bank",
    "fish swim near the bank in shallow water",
    "the bank was steep and covered with grass",
    "trees grow on the bank of the stream",
    "she swam across to the other bank",
    "the bank was under water after the rain",
    "she paid the loan back to the bank",
    "the bank gave him a loan for his house",
    "he put all his money in the bank",
    "the bank raised its interest rates",
    "they robbed the bank and took the cash",
    "my bank charges a fee for this account",
    "she works as a clerk at the bank",
    "the bank lost money in the crisis",
)
CAT_MAT = ("the cat sat on the mat", "the mat sat on the cat")
DOG_MAN = ("the dog bit the man", "the man bit the dog")
# The first three of each are told, the others asked.
ANIMALS = tuple(
    "dog cat cow pig sheep goat rabbit mouse tiger lion elephant bear wolf fox monkey snake frog bee butterfly kitten "
    "puppy bird horse".split()
)
FOODS = tuple(
    "apple bread milk banana lemon cherry grape potato tomato carrot onion butter cheese egg rice soup cake sugar salt "
    "coffee tea juice pizza".split()
)
