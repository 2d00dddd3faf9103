/** Statements that a connection keeps prepared; what comes later is parsed each time. */
const most = 300;
/** Lists make a statement for each of their lengths: those are not kept. */
const manyParameters = /\$33\b/;

/**
 * Names for statements, by which PostgreSQL keeps them prepared on each connection: parsing and planning anew, and reading the description of the same
 * columns each time, is half of what a short statement costs.
 */
export function statementNames(): (statement: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // Without a name: for once.
    if (names.size >= most || manyParameters.test(sql)) return "";
    const name = `worldswitch_${names.size}`;
    names.set(sql, name);
    return name;
  };
}
