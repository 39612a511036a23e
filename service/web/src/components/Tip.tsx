import {
  autoUpdate,
  flip,
  offset,
  shift,
  useDismiss,
  useFloating,
  useFocus,
  useHover,
  useInteractions,
  useRole,
} from "@floating-ui/react";
import { cloneElement, type ReactElement, type ReactNode, useState } from "react";
import style from "./Tip.module.css";

/** An explanation beside an element, under the pointer, on focus, and for screen readers; Escape closes it. */
export function Tip({ says, children }: { says: ReactNode; children: ReactElement<Record<string, unknown>> }) {
  const [open, setOpen] = useState(false);
  const { refs, floatingStyles, context } = useFloating({
    open,
    onOpenChange: setOpen,
    placement: "bottom-start",
    middleware: [offset(6), flip(), shift({ padding: 8 })],
    whileElementsMounted: autoUpdate,
  });
  const { getReferenceProps, getFloatingProps } = useInteractions([
    useHover(context, { delay: { open: 300 }, move: false }),
    useFocus(context),
    useDismiss(context),
    useRole(context, { role: "tooltip" }),
  ]);
  return (
    <>
      {cloneElement(children, getReferenceProps({ ...children.props, ref: refs.setReference }))}
      {open && (
        <div ref={refs.setFloating} className={style.tip} style={floatingStyles} {...getFloatingProps()}>
          {says}
        </div>
      )}
    </>
  );
}
