/** JSON Schema, as far as api/openapi.json uses it, to TypeScript's types. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  description?: string;
  format?: string;
}

export type Schemas = Record<string, Schema>;

/** Writes types whose references are names of `schemas`. */
export class TypeWriter {
  constructor(private readonly schemas: Schemas) {}

  /** What `schema` describes, as a type expression. */
  type(schema: Schema, indent = ""): string {
    if (schema.$ref !== undefined) return this.reference(schema.$ref);
    if ("const" in schema) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    const either = schema.anyOf ?? schema.oneOf;
    if (either) return union(either.map((part) => this.type(part, indent)));
    if (schema.allOf) return schema.allOf.map((part) => this.type(part, indent)).join(" & ");
    return union([schema.type ?? []].flat().map((name) => this.named(name, schema, indent)));
  }

  /** The declaration of a component. One that may be null is declared without, and null stands where it is referred to. */
  declaration(name: string): string {
    const schema = this.schemas[name];
    const heading = docComment(schema.description, "");
    if (schema.properties) return `${heading}export interface ${name} ${this.object(schema, "")}\n`;
    return `${heading}export type ${name} = ${this.type(schema)};\n`;
  }

  private reference(ref: string): string {
    const name = ref.replace("#/components/schemas/", "");
    const target = this.schemas[name];
    if (target === undefined) throw new Error(`nothing is at ${ref}`);
    return target.properties && [target.type].flat().includes("null") ? `${name} | null` : name;
  }

  private named(name: string, schema: Schema, indent: string): string {
    switch (name) {
      case "string":
      case "boolean":
      case "null":
        return name;
      case "integer":
      case "number":
        return "number";
      case "array":
        return arrayOf(schema.items ? this.type(schema.items, indent) : "unknown");
      case "object":
        return this.object(schema, indent);
      default:
        throw new Error(`a schema of type ${name} has no counterpart`);
    }
  }

  private object({ properties, required = [], additionalProperties }: Schema, indent: string): string {
    const fields = Object.entries(properties ?? {});
    if (fields.length === 0) {
      return typeof additionalProperties === "object"
        ? `Record<string, ${this.type(additionalProperties, indent)}>`
        : "Record<string, never>";
    }
    const inner = `${indent}  `;
    const lines = fields.map(([name, schema]) => {
      const mark = required.includes(name) ? "" : "?";
      return `${docComment(schema.description, inner)}${inner}${propertyName(name)}${mark}: ${this.type(schema, inner)};\n`;
    });
    return `{\n${lines.join("")}${indent}}`;
  }
}

export function docComment(text: string | undefined, indent: string): string {
  return text === undefined ? "" : `${indent}/** ${text.replaceAll("*/", "* /")} */\n`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

/** `{}` of the contract describes anything. */
function union(types: string[]): string {
  return types.length === 0 ? "unknown" : [...new Set(types)].join(" | ");
}

function arrayOf(type: string): string {
  return / [|&] /.test(type) && !type.startsWith("{") ? `(${type})[]` : `${type}[]`;
}
