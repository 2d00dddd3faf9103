/** Completion scripts. All they know is in a table that is printed into them: words so far, and what may come next. */
import { type Command, everywhere, type Kind, type OptionSpec } from "./command.js";

/** Kinds of words whose names the server is asked for. */
const named: readonly Kind[] = ["vm", "image", "operation", "token", "project"];

/** What may stand behind the words of a command: its options, and the names of its operand. */
interface Offer {
  words: string;
  options: string[];
  kind: Kind;
}

function offers(commands: readonly Command[]): Offer[] {
  return commands.map(({ words, options, operands }) => ({
    words: words.join(" "),
    options: Object.keys({ ...options, ...everywhere }).map((name) => `--${name}`),
    kind: operands[0]?.kind ?? "text",
  }));
}

/** Words that come behind each beginning of a command: "" -> vm, image, ...; "vm" -> list, ... */
function nextWords(commands: readonly Command[], others: readonly string[] = []): Map<string, string[]> {
  const next = new Map<string, string[]>([["", [...others]]]);
  for (const { words } of commands) {
    words.forEach((word, i) => {
      const before = words.slice(0, i).join(" ");
      next.set(before, [...new Set([...(next.get(before) ?? []), word])]);
    });
  }
  next.set("completion", ["bash", "zsh", "fish"]);
  return next;
}

function cases(commands: readonly Command[], others: readonly string[]): string {
  const groups = [...nextWords(commands, others)].map(([words, next]) => `    "${words}") offered="${next.join(" ")}" ;;`);
  const own = offers(commands)
    .filter(({ words }) => words.includes(" ") || !nextWords(commands).has(words))
    .map(({ words, options, kind }) => `    "${words}") offered="${options.join(" ")}"${named.includes(kind) ? ` kind=${kind}` : ""} ;;`);
  return [...groups, ...own].join("\n");
}

/** In the words of both bash and zsh: what was typed so far is in `typed`; what may come goes to `offered` and `kind`. */
function lookup(commands: readonly Command[], others: readonly string[]): string {
  return `_worldswitch_offers() {
  offered="" kind=""
  case "$1" in
${cases(commands, others)}
  esac
}
_worldswitch_names() {
  [ -z "$1" ] || worldswitch completion names "$1" 2>/dev/null
}
`;
}

export function bashScript(commands: readonly Command[], others: readonly string[]): string {
  return `${lookup(commands, others)}
_worldswitch() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" typed="" offered kind word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    _worldswitch_offers "\${typed:+$typed }$word"
    [ -n "$offered" ] || continue
    typed="\${typed:+$typed }$word"
  done
  case "$previous" in
    ${fileOptions(commands).join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  _worldswitch_offers "$typed"
  case "$current" in -*) kind="" ;; esac
  COMPREPLY=($(compgen -W "$offered $(_worldswitch_names "$kind")" -- "$current"))
}
complete -F _worldswitch worldswitch
`;
}

export function zshScript(commands: readonly Command[], others: readonly string[]): string {
  return `#compdef worldswitch
${lookup(commands, others)}
_worldswitch() {
  local typed="" offered kind word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    _worldswitch_offers "\${typed:+$typed }$word"
    [[ -n "$offered" ]] && typed="\${typed:+$typed }$word"
  done
  case "$words[CURRENT-1]" in
    ${fileOptions(commands).join("|")}) _files; return ;;
  esac
  _worldswitch_offers "$typed"
  compadd -- \${=offered} \${(f)"$(_worldswitch_names "$kind")"}
}
compdef _worldswitch worldswitch
`;
}

export function fishScript(commands: readonly Command[], others: readonly string[]): string {
  const lines = commands.flatMap(({ words, summary, options, operands }) => {
    const [word, second] = words;
    const group = second === undefined ? "" : `; and __fish_seen_subcommand_from ${second}`;
    const inside = `-n '__fish_seen_subcommand_from ${word}${group}'`;
    const kind = operands[0]?.kind ?? "text";
    return [
      second === undefined
        ? `complete -c worldswitch -n __fish_use_subcommand -a ${word} -d '${quoted(summary)}'`
        : `complete -c worldswitch -n '__fish_seen_subcommand_from ${word}' -a ${second} -d '${quoted(summary)}'`,
      ...Object.entries<OptionSpec>({ ...options, ...everywhere }).map(
        ([name, { type, kind: value, summary: about }]) =>
          `complete -c worldswitch ${inside} -l ${name}${type === "string" ? (value === "file" ? " -r -F" : " -x") : ""} -d '${quoted(about)}'`,
      ),
      ...(named.includes(kind) ? [`complete -c worldswitch ${inside} -a '(worldswitch completion names ${kind} 2>/dev/null)'`] : []),
    ];
  });
  const groups = [...new Set([...commands.map(({ words }) => words[0]), ...others])].map(
    (word) => `complete -c worldswitch -n __fish_use_subcommand -a ${word}`,
  );
  return `complete -c worldswitch -f\n${[...new Set([...groups, ...lines])].join("\n")}\ncomplete -c worldswitch -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n`;
}

function fileOptions(commands: readonly Command[]): string[] {
  const options = commands.flatMap((each) => Object.entries(each.options));
  return [...new Set(options.filter(([, { kind }]) => kind === "file").map(([name]) => `--${name}`))];
}

function quoted(text: string): string {
  return text.replaceAll("'", "\\'");
}
