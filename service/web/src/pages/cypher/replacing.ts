import { EditorView } from "@codemirror/view";

/**
 * What is typed over a selection goes straight into the text: a browser that does that in the document first keeps the
 * colour that it replaces in an inline style, which the policy of the page forbids.
 */
export const replacing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    if (event.inputType !== "insertText" || event.data === null || event.isComposing || main.empty) return false;
    const typed = event.data;
    const insert = () => view.state.update(view.state.replaceSelection(typed), { userEvent: "input.type" });
    const handled = view.state
      .facet(EditorView.inputHandler)
      .some((handler) => handler(view, main.from, main.to, typed, insert));
    if (!handled) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});
