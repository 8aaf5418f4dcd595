import type { Place } from './places.ts';

/** Where a command has no words of its own, names of files are completed. */
export function fishScript(places: readonly Place[]): string {
  const below = places.filter(({ path }) => path !== '');
  const lines = places.flatMap(({ path, words, options }) => {
    const at = `complete -c agentrail -n ${quoted(`__agentrail_at ${quoted(path)}`)}`;
    return [
      ...words.map(({ word, about }) => `${at} -f -a ${quoted(word)} -d ${quoted(about)}`),
      ...options.map(({ words: spelled, about, takesValue, choices }) => {
        const value = choices ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
        return `${at} ${spelled.map(spelling).join(' ')}${value} -d ${quoted(about)}`;
      }),
    ];
  });
  return `# fish completion of agentrail. Once: agentrail completion fish > ~/.config/fish/completions/agentrail.fish
function __agentrail_at
  set -l place ''
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
      case ${below.map(({ path }) => quoted(path)).join(' ')}
        set place "$place $word"
    end
  end
  test "$place" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function spelling(word: string): string {
  return word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`;
}

/** fish knows only these two escapes between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
