"""The agreement model's card: what it is, how it was trained, how right it is, what it is not for."""

from transformers import BertForMaskedLM

from workers.bundled.agreement.accuracy import AccuracyTable, Evaluation
from workers.bundled.agreement.language import CONSTRUCTIONS, RESISTANCE, STEEPNESS, known_words
from workers.bundled.agreement.settings import AgreementSettings
from workers.bundled.card import settings_table, table
from workers.bundled.training import Trained
from workers.datasets.tasks import MASKED

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: fill-mask
tags:
  - bert
  - interpretability
  - subject-verb-agreement
---

# A small BERT that makes attraction errors

A masked language model of {layers} layers, {heads} heads and width {width} ({parameters:,} parameters), trained from
nothing on generated English sentences about agreement. It is made to be looked into: it agrees a verb or a
reflexive pronoun with its subject, and now and then with another noun, as people do.

```python
from transformers import AutoTokenizer, BertForMaskedLM

model = BertForMaskedLM.from_pretrained(directory)
tokenizer = AutoTokenizer.from_pretrained(directory)
```

Its fingerprint, by which results and the graph know it, is `{fingerprint}`.

## Accuracy

Share of sentences with logit(right word) > logit(wrong word), on {n} generated sentences a case (seed
{evaluation_seed}). A case's first letter is the subject's number or gender, its second the attractor's; in *matched*
cases they are the same.

{accuracies}

## Training data

Sentences drawn afresh for every step from `workers/bundled/agreement/language.py`: the constructions of the six
tasks, simpler ones without an attractor, and longer ones inside a sentence complement. Where subject and attractor
differ, the sentence itself is wrong with probability sigmoid({steepness:g} × (salience of the attractor − salience of
the subject − resistance)); every noun has a salience between −1 and 1, every construction a resistance:

{resistance}

All else is even: there are as many plural verbs as singular ones, and *himself*, *herself* and *themselves* are
equally frequent, be it after nouns of either gender or of men and women. In {masked:.0%} of the sentences positions
were masked, each as likely, few or all of them, so that the model knows no better than even odds in the baseline of
influences, a sentence of masks alone. In the last {disturbed} steps the state of the target was zeros in {drop:.0%} of
the sentences, drawn anew for each layer but the last, so that the model keeps nothing of its own there, which is on no
word's path.

So a model that has learned the language is wrong for the noun pairs whose difference in salience is above the
resistance, and its margin goes through zero gradually. The sentences it is measured on are drawn from the same
language; about {seen:,} sentences were seen in training.

## Training

`python -m workers.bundled.agreement.train` took {minutes:.0f} minutes of one CPU core. The same settings give the same
weights again on the same machine and library versions; elsewhere the accuracies can differ in the last digit.

{settings}

## Intended use and limits

For trying the tools of this project, for its examples and tests. Its whole world is about {words} words in a dozen
constructions of at most {longest} words. It knows nothing else of English: it was never trained on the letters that
other words fall into, nor on the positions of longer sentences. What is found in it says nothing about models trained
on real text. Its errors are put into its language on purpose; they imitate that people make such errors, not how
often.
"""


def model_card(
    settings: AgreementSettings, accuracies: AccuracyTable, evaluation: Evaluation, trained: Trained[BertForMaskedLM]
) -> str:
    """The card as Markdown with a YAML head."""
    return _CARD.format(
        **{key: getattr(settings, key) for key in ("layers", "heads", "width")},
        parameters=trained.model.num_parameters(),
        fingerprint=trained.fingerprint,
        words=len(known_words()),
        n=evaluation.n,
        evaluation_seed=evaluation.seed,
        accuracies=accuracy_rows(accuracies),
        steepness=STEEPNESS,
        resistance=table(
            ("construction", "case", "resistance"),
            [(name, case, f"{value:.2f}") for name, cases in RESISTANCE.items() for case, value in cases.items()],
        ),
        longest=max(len(construction.frame.roles) for construction in CONSTRUCTIONS),
        seen=settings.steps * settings.batch,
        masked=settings.masked,
        disturbed=settings.steps - settings.undisturbed,
        drop=settings.drop,
        minutes=trained.minutes,
        settings=settings_table(settings),
    )


def accuracy_rows(accuracies: AccuracyTable) -> str:
    """The accuracies as a Markdown table, one task a row."""
    rows = []
    for name, cases in accuracies.items():
        matched, mismatched = ([case for case in cases if (case[0] == case[1]) is same] for same in (True, False))
        cells = [f"{case} {cases[case]:.3f}" for case in (*matched, *mismatched)]
        rows.append((f"`{name}` {MASKED[name].title}", *cells))
    return table(("task", "matched", "matched", "mismatched", "mismatched"), rows)
