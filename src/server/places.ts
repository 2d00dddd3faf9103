/** What each project has under way on this server, counted against a bound. */
export class Places {
  private readonly taken = new Map<string, number>();

  /** Answers what gives the place back, which may be called again; null where the project has `most`. */
  take(projectId: string, most: number): (() => void) | null {
    if ((this.taken.get(projectId) ?? 0) >= most) return null;
    this.count(projectId, 1);
    let left = false;
    return () => {
      if (!left) this.count(projectId, -1);
      left = true;
    };
  }

  private count(projectId: string, change: 1 | -1): void {
    const count = (this.taken.get(projectId) ?? 0) + change;
    if (count > 0) this.taken.set(projectId, count);
    else this.taken.delete(projectId);
  }
}
