"""The kind and the class of a sentiment sentence, from its words alone."""

PRAISE = (
    "good great fine funny brilliant charming clever excellent wonderful lovely beautiful perfect amazing fantastic "
    "exciting smart"
)
BLAME = "bad poor dull boring awful terrible horrible weak silly stupid ugly cheap slow empty flat annoying"
SIGNS = dict.fromkeys(PRAISE.split(), 1) | dict.fromkeys(BLAME.split(), -1)


def signs(clause):
    """Of a clause's adjectives, as they are."""
    return [SIGNS[word] for word in clause if word in SIGNS]


def judge(text):
    """The kind and the class of a sentence, from its words alone."""
    before, conjunction, after = text.partition(" but ") if " but " in text else text.partition(" and ")
    last = (after or before).split()
    (sign,) = signs(last)
    negated = bool({"not", "never"} & set(last))
    label = "positive" if (sign > 0) is not negated else "negative"
    if not conjunction:
        return "negated" if negated else "plain", label
    (earlier,) = signs(before.split())
    assert not {"not", "never"} & set(text.split())
    assert (earlier == sign) is (conjunction == " and ")
    return "joined" if conjunction == " and " else "contrast", label
