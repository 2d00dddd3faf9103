import type { ComponentChildren } from "preact";

export function Chapter({ title, words, figures }: { title: string; words: ComponentChildren; figures: ComponentChildren }) {
  return (
    <section class="card chapter" aria-label={title}>
      <div class="words">
        <h2>{title}</h2>
        {words}
      </div>
      <div class="figures">{figures}</div>
    </section>
  );
}
