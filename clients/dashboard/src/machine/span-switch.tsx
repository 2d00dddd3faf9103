import { Segments } from "../parts/segments.js";
import { type SpanName, spans } from "./samples.js";

const choices = (Object.keys(spans) as SpanName[]).map((value) => ({ value, label: spans[value].label, title: spans[value].title }));

export function SpanSwitch({ span, onChoose }: { span: SpanName; onChoose(span: SpanName): void }) {
  return <Segments label="What the charts show" choices={choices} value={span} onChoose={onChoose} />;
}
