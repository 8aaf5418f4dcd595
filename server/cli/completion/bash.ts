import { type Place, quoted, valuesOf } from './places.ts';

/** For bash 3.2 and later. Where it knows nothing, bash completes names of files. */
export function bashScript(places: readonly Place[]): string {
  const below = places.filter(({ path }) => path !== '');
  const list = (words: readonly string[]) => quoted(words.join(' '));
  return `# bash completion of agentrail. In ~/.bashrc: source <(agentrail completion bash)
_agentrail() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} place='' found='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$place \${COMP_WORDS[at]}" in
      ${below.map(({ path }) => quoted(path)).join('|')}) place="$place \${COMP_WORDS[at]}" ;;
    esac
  done
  COMPREPLY=()
  case "$place $before" in
${valuesOf(places)
  .map(({ after, choices }) => `    ${quoted(after)}) found=${list(choices)} ;;`)
  .join('\n')}
    *)
      case "$place" in
${places.map(({ path, words, options }) => `        ${quoted(path)}) if [[ $word == -* ]]; then found=${list(options.flatMap((each) => each.words))}; else found=${list(words.map((each) => each.word))}; fi ;;`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$found" -- "$word"))
}
complete -o default -F _agentrail agentrail
`;
}
