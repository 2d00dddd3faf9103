/** Line icons on a grid of 20, drawn for this page. They say nothing that text or a label beside them doesn't. */
const paths = {
  machines: "M3 4.5h14v8.5H3zM7 16.5h6M10 13v3.5M6 7.5l2 1.5-2 1.5M10.5 10.5H13",
  images: "M10 2.5l7 3.5v8l-7 3.5L3 14V6zM3 6l7 3.5L17 6M10 9.5v8",
  operations: "M3 5h2M8 5h9M3 10h2M8 10h9M3 15h2M8 15h6",
  tokens: "M12.5 3a4.5 4.5 0 1 1-3.6 7.2L3 16v1.500h3V15.500h2V13.500l1.2-1.200M13.5 6.500h.01",
  engine: "M7.5 4.500h5v2.500h-5zM4 7h12v8H4zM7.5 15v2M12.5 15v2M8 10.500h4M2 9.500h2M2 12.500h2M16 9.500h2M16 12.500h2",
  projects: "M2.5 5.500h5l1.5 2h8.500v8h-15z",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  start: "M6 4.500v11l9-5.500z",
  pause: "M7 4.500v11M13 4.500v11",
  power: "M10 3v6.500M6 5.500a6.2 6.2 0 1 0 8 0",
  shutdown: "M4 10a6 6 0 1 0 6-6M10 4v6M4 4.500V10",
  reset: "M15.5 6.500A6.5 6.5 0 1 0 16.5 11M16 3v4h-4",
  remove: "M4 5.500h12M8 5.500v-2h4v2M5.5 5.500l.7 11h7.600l.7-11M8.5 8.500v5M11.5 8.500v5",
  search: "M9 3.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
  sun: "M10 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.300l1.4 1.400M14.3 14.300l1.4 1.400M4.3 15.700l1.4-1.400M14.3 5.700l1.4-1.4",
  moon: "M16.5 11.500A7 7 0 0 1 8.5 3.500a7 7 0 1 0 8 8z",
  screen: "M3 4.500h14v9H3zM7 16.500h6M10 13.500v3",
  leave: "M12 3.500H4.500v13H12M8.5 10H17M14 7l3 3-3 3",
  warning: "M10 3l7.5 13.500h-15zM10 8v4M10 14.300v.01",
  done: "M4 10.500l4 4 8-9",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  upload: "M10 13V4M6.5 7.500L10 4l3.5 3.500M3.5 13v3.500h13V13",
  people:
    "M7.5 4a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.400zM2.5 16c0-3 2-4.8 5-4.800s5 1.8 5 4.800M13 4.300a2.6 2.6 0 0 1 0 4.900M14.5 11.500c2 .6 3 2.3 3 4.5",
  back: "M12 4l-6 6 6 6",
  keyboard: "M2.5 5.500h15v9h-15zM5.5 8.500h.01M8.5 8.500h.01M11.5 8.500h.01M14.5 8.500h.01M6.5 11.500h7",
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
