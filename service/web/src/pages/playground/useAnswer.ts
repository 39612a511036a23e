import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Analysis, ask, check, type Question } from "./question";

const KEPT = 14 * 60_000; // milliseconds: the service keeps answers a little longer
const TYPING = 350; // milliseconds without a change, after which what is typed is checked

/** The answer to a question, and how far it is. */
export function useAnswer(question: Question | null) {
  const [status, setStatus] = useState<Analysis["status"] | null>(null);
  const answer = useQuery({
    queryKey: ["analysis", question],
    queryFn: async ({ signal }) => {
      setStatus(null);
      return ask(question as Question, signal, setStatus);
    },
    enabled: question !== null,
    staleTime: KEPT,
    gcTime: KEPT,
  });
  return { ...answer, status };
}

/** Whether what is typed can be asked, once the typing rests. */
export function useCheck(question: Question) {
  const [settled, setSettled] = useState(question);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(question), TYPING);
    return () => clearTimeout(timer);
  }, [question]);
  const checked = useQuery({
    queryKey: ["check", settled],
    queryFn: ({ signal }) => check(settled, signal),
    enabled: settled.text.trim() !== "",
    staleTime: KEPT,
    placeholderData: keepPreviousData,
  });
  const known = !checked.isPlaceholderData && (checked.data !== undefined || checked.error !== null);
  return { ...checked, settled: settled === question && known };
}
