import type { ComponentChildren } from "preact";
import { Icon } from "./icon.js";
import type { IconName } from "./icon-paths.js";

/** In place of a list that has nothing: what would be here, and what to do for it. */
export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}
