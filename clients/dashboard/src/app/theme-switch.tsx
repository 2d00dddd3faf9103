import { useObserved } from "../live/use-observed.js";
import { Icon } from "../parts/icon.js";
import type { IconName } from "../parts/icon-paths.js";
import { Segments } from "../parts/segments.js";
import { type Theme, theme, themes } from "./theme.js";

const shown: Record<Theme, { icon: IconName; title: string }> = {
  system: { icon: "screen", title: "Colours as the system has them" },
  light: { icon: "sun", title: "Light colours" },
  dark: { icon: "moon", title: "Dark colours" },
};

const choices = themes.map((value) => ({
  value,
  title: shown[value].title,
  label: (
    <>
      <Icon name={shown[value].icon} size={16} />
      <span class="unseen">{shown[value].title}</span>
    </>
  ),
}));

export function ThemeSwitch() {
  return <Segments label="Colours" choices={choices} value={useObserved(theme)} onChoose={(value) => theme.set(value)} />;
}
