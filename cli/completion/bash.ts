import { SERVICE } from '../../lib/naming.ts';
import { byFirstWord, type CompletedCommand, type CompletedOption } from './describe.ts';

const FUNCTION = `_${SERVICE.replaceAll('-', '_')}`;

/** A word of the command line. */
function word(index: string): string {
  return `\${COMP_WORDS[${index}]}`;
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current"))`;
}

/** The answer to the word after an option; undefined for an option without a value. */
function valueReply({ value, words }: CompletedOption): string | undefined {
  switch (value) {
    case 'none':
      return undefined;
    case 'words':
      return reply(words);
    case 'path':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))';
    case 'text':
      return 'COMPREPLY=()';
  }
}

function valueCases({ name, options }: CompletedCommand): readonly string[] {
  return options.flatMap((option) => {
    const answer = valueReply(option);
    return answer === undefined ? [] : [`    '${name} ${option.flag}') ${answer}; return ;;`];
  });
}

/** Returns the completion script for bash 3.2 and later. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const groups = [...byFirstWord(commands)];
  const parents = groups.filter(([first, [only]]) => only?.name !== first);
  return [
    `${FUNCTION}() {`,
    `  local current=${word('COMP_CWORD')} previous=${word('COMP_CWORD - 1')} command=${word('1')}`,
    '  COMPREPLY=()',
    '  if ((COMP_CWORD == 1)); then',
    `    ${reply([...groups.map(([first]) => first), '--help', '--version'])}`,
    '    return',
    '  fi',
    '  case $command in',
    ...parents.flatMap(([first, children]) => [
      `    ${first})`,
      '      if ((COMP_CWORD == 2)); then',
      `        ${reply(children.map(({ name }) => name.slice(first.length + 1)))}`,
      '        return',
      '      fi',
      `      command="$command ${word('2')}" ;;`,
    ]),
    '  esac',
    '  case "$command $previous" in',
    ...commands.flatMap(valueCases),
    '  esac',
    '  case $command in',
    ...commands.map(
      ({ name, options, words }) =>
        `    '${name}') ${reply([...words, ...options.map(({ flag }) => flag)])} ;;`,
    ),
    '  esac',
    '}',
    `complete -F ${FUNCTION} ${SERVICE}`,
  ].join('\n');
}
