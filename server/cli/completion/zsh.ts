import { type Completed, type Place, quoted, valuesOf } from './places.ts';

/** Where it knows nothing, names of files are completed. */
export function zshScript(places: readonly Place[]): string {
  const below = places.filter(({ path }) => path !== '');
  return `#compdef agentrail
# zsh completion of agentrail. In ~/.zshrc, after compinit: source <(agentrail completion zsh)
_agentrail() {
  local place='' at
  local -a found
  for ((at = 2; at < CURRENT; at++)); do
    case "$place \${words[at]}" in
      (${below.map(({ path }) => quoted(path)).join('|')}) place="$place \${words[at]}" ;;
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${valuesOf(places)
  .map(({ after, choices }) => `    (${quoted(after)}) found=(${choices.map(quoted).join(' ')}) ;;`)
  .join('\n')}
    (*)
      case "$place" in
${places.map(({ path, words, options }) => `        (${quoted(path)}) if [[ \${words[CURRENT]} == -* ]]; then found=(${described(options.flatMap(({ words: spelled, about }) => spelled.map((word) => ({ word, about }))))}); else found=(${described(words)}); fi ;;`).join('\n')}
      esac ;;
  esac
  if ((\${#found} > 0)); then _describe agentrail found; else _files; fi
}
if [[ $funcstack[1] == _agentrail ]]; then _agentrail "$@"; else compdef _agentrail agentrail; fi
`;
}

function described(list: readonly Completed[]): string {
  return list.map(({ word, about }) => quoted(`${word.replaceAll(':', String.raw`\:`)}:${about}`)).join(' ');
}
