import { type Kind, type Mutation, mutated } from "./mutation.js";
import { ASSIGNMENT, BINARY, GROUPS, METHODS, namedLike, numbersNear, STAGES, WORDS } from "./replacements.js";
import { child, children, isNamed, type Node, parse, walk } from "./syntax.js";
import { tableLineChanges } from "./table-lines.js";

/** A place in a source file with all that it can become. */
export interface Site {
  readonly file: string;
  readonly mutations: readonly Mutation[];
}

/** Calls whose first argument says whether something happens. */
const CONDITIONAL = new Set(["when", "raiseIf"]);
/** Calls whose first argument is a name. */
const NAMING = new Set(["define", "defineShift", "defineCallouts", "definePacked"]);

/** Every place of a file that a mutation can change, in the file's order. */
export function sitesOf(file: string, text: string): Site[] {
  const sites: Site[] = [];
  const isTable = file.endsWith("-table.ts");
  const program = parse(text);
  const known = namesIn(program);

  const add = (start: number, end: number, replacements: readonly { kind: Kind; name: string }[]) => {
    const before = text.slice(start, end);
    const mutations = replacements
      .filter(({ name }) => name !== before)
      .map(({ kind, name }) => ({ kind, file, start, end, before, after: name }))
      .filter((mutation) => mutated(text, mutation) !== text);
    if (mutations.length > 0) sites.push({ file, mutations });
  };
  /** The operator between two operands. */
  const addOperator = (left: Node, right: Node, operator: string, replacement: string | undefined) => {
    const start = text.indexOf(operator, left.end);
    if (replacement !== undefined && start < right.start) add(start, start + operator.length, [{ kind: "operator", name: replacement }]);
  };
  const addNegation = (test: Node) => {
    add(test.start, test.end, [{ kind: "condition", name: `!(${text.slice(test.start, test.end)})` }]);
  };

  walk(program, (node, parent) => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ThrowStatement":
        return false;
      case "BinaryExpression":
      case "LogicalExpression": {
        const [left, right] = [child(node, "left"), child(node, "right")];
        if (!isText(left) && !isText(right)) addOperator(left, right, String(node.operator), BINARY[String(node.operator)]);
        return true;
      }
      case "AssignmentExpression":
        addOperator(child(node, "left"), child(node, "right"), String(node.operator), ASSIGNMENT[String(node.operator)]);
        return true;
      case "UnaryExpression":
        if (node.operator === "!") add(node.start, node.start + 1, [{ kind: "condition", name: "" }]);
        return true;
      case "IfStatement":
      case "ConditionalExpression":
        addNegation(child(node, "test"));
        return true;
      case "CallExpression": {
        const callee = child(node, "callee");
        if (callee.type === "MemberExpression") {
          const name = String(child(callee, "property").name);
          const [first] = children(node, "arguments");
          if (CONDITIONAL.has(name) && first !== undefined && isStage(child(callee, "object"))) {
            const stage = text.slice(child(callee, "object").start, child(callee, "object").end);
            add(first.start, first.end, [{ kind: "condition", name: `${stage}.eqz(${text.slice(first.start, first.end)})` }]);
          }
        }
        return true;
      }
      case "MemberExpression": {
        const [object, property] = [child(node, "object"), child(node, "property")];
        const name = String(property.name);
        const method = METHODS.get(name);
        if (method !== undefined && isStage(object) && parent?.type === "CallExpression") add(property.start, property.end, [method]);
        else if (object.type === "Identifier") add(property.start, property.end, namedLike(String(object.name), name));
        return true;
      }
      case "Identifier": {
        const isUse =
          parent?.type !== "VariableDeclarator" && !(parent?.type === "Property" && parent.value !== node) && !isProperty(node, parent);
        const sibling = isUse ? siblingOf(String(node.name), known) : undefined;
        if (sibling !== undefined) add(node.start, node.end, [{ kind: "constant", name: sibling }]);
        return true;
      }
      case "Literal":
        if (typeof node.value === "string") {
          const isName =
            parent?.type === "CallExpression" && isNamed(child(parent, "callee"), NAMING) && children(parent, "arguments")[0] === node;
          if (isTable) addTableLine(node.start + 1, node.value);
          else if (!isName && parent?.type !== "Property" && WORDS.has(node.value)) {
            const word = WORDS.get(node.value);
            if (word !== undefined) add(node.start + 1, node.end - 1, [word]);
          }
        } else if (typeof node.value === "boolean") {
          add(node.start, node.end, [{ kind: "constant", name: String(!node.value) }]);
        } else if ((typeof node.value === "number" && Number.isInteger(node.value)) || typeof node.value === "bigint") {
          if (!(parent?.type === "Property" && parent.key === node))
            add(node.start, node.end, numbersNear(text.slice(node.start, node.end)));
        }
        return true;
      case "TemplateElement":
        if (isTable) addTableLine(node.start, text.slice(node.start, node.end));
        return true;
      case "ArrayExpression":
        if (isTable) addSwaps(children(node, "elements"));
        return true;
      default:
        return !node.type.startsWith("TS") || "expression" in node;
    }
  });
  return sites;

  function addTableLine(at: number, line: string): void {
    for (const { kind, start, end, after } of tableLineChanges(line)) add(at + start, at + end, [{ kind, name: after }]);
  }
  /** Neighbours of a list of the table exchanged: each gets the other's opcode. */
  function addSwaps(elements: readonly Node[]): void {
    for (let i = 0; i + 1 < elements.length; i += 2) {
      const [a, b] = [elements[i], elements[i + 1]];
      if (!isText(a) || !isText(b)) continue;
      const [left, right] = [text.slice(a.start, a.end), text.slice(b.start, b.end)];
      if (left !== right) add(a.start, b.end, [{ kind: "opcode table", name: right + text.slice(a.end, b.start) + left }]);
    }
  }
}

function isText(node: Node): boolean {
  return node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node.value === "string");
}

function isStage(object: Node): boolean {
  return object.type === "ThisExpression" || isNamed(object, STAGES);
}

/** `name` in `object.name`. */
function isProperty(node: Node, parent: Node | undefined): boolean {
  return parent?.type === "MemberExpression" && parent.property === node && parent.computed !== true;
}

/** Names that the file imports or declares at its top. */
function namesIn(program: Node): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of children(program, "body")) {
    for (const specifier of children(statement, "specifiers")) names.add(String(child(specifier, "local").name));
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (typeof declaration !== "object" || declaration === null) continue;
    for (const declarator of children(declaration as Node, "declarations")) names.add(String(child(declarator, "id").name));
  }
  return names;
}

function siblingOf(name: string, known: ReadonlySet<string>): string | undefined {
  const group = GROUPS.find((names) => names.includes(name));
  if (group === undefined || !known.has(name)) return undefined;
  const at = group.indexOf(name);
  return [...group.slice(at + 1), ...group.slice(0, at)].find((other) => known.has(other));
}
