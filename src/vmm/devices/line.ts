/** An interrupt request line, as the device drives it. Driving it to the level that it has changes nothing. */
export type InterruptLine = (asserted: boolean) => void;
