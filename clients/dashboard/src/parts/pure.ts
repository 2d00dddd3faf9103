import { Component } from "preact";

/** A component that is drawn again only if one of its properties is another: for what there are hundreds of. */
export abstract class Pure<Props extends object> extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const now: Partial<Props> = this.props;
    return (Object.keys(next) as (keyof Props)[]).some((name) => next[name] !== now[name]);
  }
}
