import { type Extension, Prec } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";

const KEYWORDS = new Set(
  `all and as asc ascending by call case contains count desc descending distinct else end ends exists false foreach in is
  limit match not null on optional or order return skip starts then true union unwind when where with xor yield`.split(
    /\s+/,
  ),
);

/** Marks the words that are no keywords: the editor's colours also take the beginning of a word for one. */
export function words(name: string): Extension {
  const matcher = new MatchDecorator({
    regexp: /[:.]?[A-Za-z_]\w*/g,
    decorate: (add, from, to, match) => {
      if (!KEYWORDS.has(match[0].toLowerCase())) add(from, to, Decoration.mark({ class: name }));
    },
  });
  const plugin = ViewPlugin.fromClass(
    class {
      marks: DecorationSet;
      constructor(view: EditorView) {
        this.marks = matcher.createDeco(view);
      }
      update(update: ViewUpdate) {
        this.marks = matcher.updateDeco(update, this.marks);
      }
    },
    { decorations: (value) => value.marks },
  );
  return Prec.lowest(plugin); // around all other marks
}
