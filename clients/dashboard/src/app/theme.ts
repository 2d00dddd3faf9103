/** Light, dark, or what the system says: a choice that the browser keeps. */
import { Observable } from "../live/observable.js";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "worldswitch.theme";

function kept(): Theme {
  const value = localStorage.getItem(KEY);
  return themes.find((theme) => theme === value) ?? "system";
}

export const theme = new Observable<Theme>(kept());

function show(): void {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

theme.follow(() => {
  localStorage.setItem(KEY, theme.value);
  show();
});
show();
