/** What is known of the temporaries of one instruction, by their locals. */
export class TemporaryFacts<Fact> {
  private readonly facts: (Fact | undefined)[] = [];
  private readonly locals: number[] = [];

  of(local: number): Fact | undefined {
    return this.facts[local];
  }
  learn(local: number, fact: Fact): void {
    this.facts[local] = fact;
    this.locals.push(local);
  }
  /** They are about to be used again for other values. */
  forget(): void {
    for (let local = this.locals.pop(); local !== undefined; local = this.locals.pop()) this.facts[local] = undefined;
  }
}
