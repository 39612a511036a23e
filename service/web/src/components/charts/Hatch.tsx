/** The pattern that orange bars are filled with. */
export function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" fill="var(--negative)" fillOpacity="0.35" />
        <rect width="3" height="6" fill="var(--negative)" />
      </pattern>
    </defs>
  );
}
