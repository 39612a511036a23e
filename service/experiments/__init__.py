"""The paper's experiments: from sentences, or results that are stored, to a folder with tables, figures and one page.

1. `sentences.py`: which sentences of which tasks; `analyses.py` puts them to the models, once for all experiments.
2. One module an experiment: from results (and the model, where it must run again) to tables of frozen dataclasses and
   figures.
3. `paper.py` holds the paper's numbers, `claims.py` what it concludes, `report.py` the form of what an experiment says;
   `folder.py` and `page.py` write it.
`run.py` is all of it.
"""
