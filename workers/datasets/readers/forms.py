"""Cases from the names that Marvin and Linzen gave to the forms of a construction."""

_LETTERS = {"sing": "S", "plur": "P", "masc": "M", "male": "M", "fem": "F", "female": "F"}


def case_of(form: str) -> str:
    """The case of a form of Marvin and Linzen's, such as `SP` of `sing_MS_MV_plur_ES_EV`.

    The letters of its numbers and genders in their order: the form names the subject of the masked word
    first. A form that has none, such as `past`, is its own case.
    """
    return "".join(_LETTERS.get(part, "") for part in form.split("_")) or form
