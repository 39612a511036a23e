"""The paper's experiments: from sentences, or results that are stored, to a folder with tables, figures and one page.

1. `sentences.py`: which sentences of which tasks. `computing.py` analyses them, once for all experiments;
   `importing.py` takes results that there are already.
2. `measures/`: a module each, from results (and the model, where it must run again) to tables of frozen dataclasses and
   figures (`findings.py`).
3. `paper.py` has the paper's numbers, `claims.py` its conclusions; `folder.py` and `page.py` write what was found.
`run.py` runs all of it.
"""
