import { SERVICE } from '../../lib/naming.ts';
import { byFirstWord, type CompletedCommand, type CompletedOption } from './describe.ts';

const FUNCTION = `_${SERVICE}`;

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Escapes the characters that end a part of a specification of `_arguments`. */
function escapePart(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&');
}

function valueSpecification({ value, words }: CompletedOption): string {
  switch (value) {
    case 'none':
      return '';
    case 'words':
      return `:value:(${words.join(' ')})`;
    case 'path':
      return ':file:_files';
    case 'text':
      return ':value: ';
  }
}

function describeLines(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const words = pairs.map(([word, summary]) => quote(`${escapePart(word)}:${summary}`));
  return [`local -a found=(${words.join(' ')})`, '_describe command found', 'return'];
}

function argumentsLine({ name, options, words }: CompletedCommand): string {
  const specifications = [
    ...options.map((option) =>
      quote(`${option.flag}[${escapePart(option.description)}]${valueSpecification(option)}`),
    ),
    // A message instead of words would keep zsh from inserting an option.
    ...(words.length === 0 ? [] : [quote(`*:argument:(${words.join(' ')})`)]),
  ];
  return `    ${quote(name)}) _arguments ${specifications.join(' ')} ;;`;
}

/** Returns the completion script for zsh: to be sourced, or as the file `_timescaledb-telemetry` in a folder of `fpath`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const groups = [...byFirstWord(commands)];
  const parents = groups.filter(([first, [only]]) => only?.name !== first);
  const summaries = groups.map(([first, all]): readonly [string, string] => [
    first,
    all.map(({ name, summary }) => (name === first ? summary : name)).join(', '),
  ]);
  return [
    `#compdef ${SERVICE}`,
    `${FUNCTION}() {`,
    '  if ((CURRENT == 2)); then',
    ...describeLines(summaries).map((line) => `    ${line}`),
    '  fi',
    '  local command=$words[2]',
    '  case $command in',
    ...parents.flatMap(([first, children]) => [
      `    ${quote(first)})`,
      '      if ((CURRENT == 3)); then',
      ...describeLines(
        children.map(({ name, summary }) => [name.slice(first.length + 1), summary] as const),
      ).map((line) => `        ${line}`),
      '      fi',
      '      command="$command $words[3]"',
      '      shift words; ((CURRENT--)) ;;',
    ]),
    '  esac',
    '  shift words; ((CURRENT--))',
    '  case $command in',
    ...commands.map(argumentsLine),
    '  esac',
    '}',
    `if [[ $funcstack[1] == ${FUNCTION} ]]; then ${FUNCTION} "$@"; else compdef ${FUNCTION} ${SERVICE}; fi`,
  ].join('\n');
}
