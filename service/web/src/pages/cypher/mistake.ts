import { type EditorState, type Extension, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";

const place = StateEffect.define<{ from: number; line: number } | null>();

/** Marks where the server found a mistake, until the text changes. */
export function mistakes(mark: string, line: string): Extension {
  return StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update(marks, transaction) {
      let found = transaction.docChanged ? Decoration.none : marks;
      for (const effect of transaction.effects) {
        if (!effect.is(place)) continue;
        found =
          effect.value === null
            ? Decoration.none
            : Decoration.set(marksOf(transaction.state, effect.value, mark, line));
      }
      return found;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

function marksOf(state: EditorState, at: { from: number; line: number }, mark: string, line: string) {
  const marks: Range<Decoration>[] = [Decoration.line({ class: line }).range(at.line)];
  const word = state.wordAt(at.from);
  const to = word !== null && word.from <= at.from ? word.to : Math.min(at.from + 1, state.doc.lineAt(at.from).to);
  if (to > at.from) marks.push(Decoration.mark({ class: mark }).range(at.from, to));
  return marks;
}

/** Put the mark and the cursor where the mistake is; null: there is none. */
export function markMistake(view: EditorView, mistake: { line: number; column: number } | null): void {
  if (mistake === null || mistake.line > view.state.doc.lines) {
    view.dispatch({ effects: place.of(null) });
    return;
  }
  const line = view.state.doc.line(mistake.line);
  const from = Math.min(line.from + mistake.column - 1, line.to);
  view.dispatch({ selection: { anchor: from }, effects: place.of({ from, line: line.from }), scrollIntoView: true });
}
