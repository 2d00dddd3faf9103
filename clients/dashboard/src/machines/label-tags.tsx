export function LabelTags({ labels }: { labels: Record<string, string> }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return null;
  return (
    <span class="label-tags">
      {entries.map(([key, value]) => (
        <span key={key} class="tag" title={`${key}=${value}`}>
          {key}={value}
        </span>
      ))}
    </span>
  );
}
