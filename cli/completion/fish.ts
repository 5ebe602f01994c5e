import { SERVICE } from '../../lib/naming.ts';
import { byFirstWord, type CompletedCommand, type CompletedOption } from './describe.ts';

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}

/** Functions of the script: the words before the cursor are a command's name, or begin with it. */
const CONDITIONS = `function __${SERVICE}_at
    set -l words (commandline -opc)
    test "$words[2..]" = "$argv"
end
function __${SERVICE}_in
    set -l words (commandline -opc)
    set -l last (math 1 + (count $argv))
    test "$words[2..$last]" = "$argv"
end`;

function complete(condition: string, rest: string): string {
  return `complete -c ${SERVICE} -n ${quote(`__${SERVICE}_${condition}`)} ${rest}`;
}

function optionOf({ flag, description, value, words }: CompletedOption): string {
  const values = {
    none: '',
    words: ` -x -a ${quote(words.join(' '))}`,
    path: ' -r -F',
    text: ' -x',
  };
  return `-l ${flag.slice('--'.length)}${values[value]} -d ${quote(description)}`;
}

function linesOf({ name, summary, options, words }: CompletedCommand): readonly string[] {
  const [last = '', ...before] = name.split(' ').toReversed();
  return [
    complete(['at', ...before].join(' '), `-a ${last} -d ${quote(summary)}`),
    ...words.map((word) => complete(`in ${name}`, `-a ${word}`)),
    ...options.map((option) => complete(`in ${name}`, optionOf(option))),
  ];
}

/** Returns the completion script for fish 3.0 and later. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const parents = [...byFirstWord(commands)].filter(([first, [only]]) => only?.name !== first);
  return [
    CONDITIONS,
    `complete -c ${SERVICE} -f`,
    ...parents.map(([first, children]) =>
      complete('at', `-a ${first} -d ${quote(children.map(({ name }) => name).join(', '))}`),
    ),
    ...commands.flatMap(linesOf),
  ].join('\n');
}
