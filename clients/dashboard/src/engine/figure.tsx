/** A figure beside the words that explain it; a dash where no machine runs. */
export function Figure({ value, of }: { value: string | null; of: string }) {
  return (
    <div class="engine-figure">
      <b class="figure">{value ?? "–"}</b>
      <span class="soft">{of}</span>
    </div>
  );
}
