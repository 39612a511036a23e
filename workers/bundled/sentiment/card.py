"""The sentiment model's card: what it is, how it was trained, how right it is, what it is not for."""

import math

from transformers import BertForSequenceClassification

from workers.bundled.card import settings_table, table
from workers.bundled.sentiment.accuracy import Accuracies, Evaluation
from workers.bundled.sentiment.language import HELD_OUT, TASK, known_words
from workers.bundled.sentiment.settings import SentimentSettings
from workers.bundled.training import Trained

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-classification
tags:
  - bert
  - interpretability
  - sentiment-analysis
---

# A small BERT for sentiment with negation and contrast

A classifier of {layers} layers, {heads} heads and width {width} ({parameters:,} parameters), trained from nothing on
generated English sentences that judge a film, a book or a song, *negative* or *positive*. It is made to be looked into:
a sentence's class is not in its adjectives alone, but also in a negation, and in which of two clauses decides.

```python
from transformers import AutoTokenizer, BertForSequenceClassification

model = BertForSequenceClassification.from_pretrained(directory)
tokenizer = AutoTokenizer.from_pretrained(directory)
```

Its fingerprint, by which results and the graph know it, is `{fingerprint}`.

## Accuracy

Share of sentences whose class has the largest logit, on {n} generated sentences a case (seed {evaluation_seed}), none
of which can have been seen in training.

{accuracies}

## Training data

Sentences of the task `sa` (`workers/datasets/sentiment.py`) drawn afresh for every step, every case as often as the
others. One sentence in {held_out}, chosen by the checksum of its text, is held out: it is never trained on, and only
such are measured. About {seen:,} sentences were seen in training.

In {masked:.0%} of the sentences seen, words were masked, each as likely, few or all of them, with the label of the
whole sentence. So the model knows no better than even odds where masks hide what decides, as in the baseline of
influences, a sentence of masks alone; and from *the plot was dull but* it can guess what follows. Labels were smoothed
by {smoothing:g}: where a model is sure, the logits differ by about {margin:.1f}. In the last {disturbed} steps the
state of \\[CLS\\] was zeros in {drop:.0%} of the sentences, drawn anew for each layer but the last, so that the model
keeps nothing of its own there, which is on no word's path.

## Training

`python -m workers.bundled.sentiment.train` took {minutes:.0f} minutes of one CPU core. The same settings give the same
weights again on the same machine and library versions; elsewhere the accuracies can differ in the last digit.

{settings}

## Intended use and limits

For trying the tools of this project, for its examples and tests. Its whole world is {words} words, one construction
with and without a negation, and two clauses joined by *and* or *but*, of which the last always decides and none has a
negation. It knows nothing else of English: it was never trained on the letters that other words fall into, nor on the
positions of longer sentences, and is no classifier of reviews. What is found in it says nothing about models trained on
real text.
"""


def model_card(
    settings: SentimentSettings,
    accuracies: Accuracies,
    evaluation: Evaluation,
    trained: Trained[BertForSequenceClassification],
) -> str:
    """The card as Markdown with a YAML head."""
    return _CARD.format(
        **{key: getattr(settings, key) for key in ("layers", "heads", "width")},
        parameters=trained.model.num_parameters(),
        fingerprint=trained.fingerprint,
        n=evaluation.n,
        evaluation_seed=evaluation.seed,
        accuracies=accuracy_rows(accuracies),
        held_out=HELD_OUT,
        seen=settings.steps * settings.batch,
        masked=settings.masked,
        smoothing=settings.smoothing,
        margin=math.log(2 / settings.smoothing - 1),
        minutes=trained.minutes,
        settings=settings_table(settings),
        words=len(known_words()),
        disturbed=settings.steps - settings.undisturbed,
        drop=settings.drop,
    )


def accuracy_rows(accuracies: Accuracies) -> str:
    """The accuracies as a Markdown table, one case a row, with a sentence of it."""
    examples = {case: TASK.generate(case, 1)[0].text for case in accuracies}
    return table(
        ("case", "accuracy", "such as"),
        [(f"`{case}`", f"{accuracy:.3f}", examples[case]) for case, accuracy in accuracies.items()],
    )
