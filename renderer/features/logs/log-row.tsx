import { memo } from 'react';
import type { FieldFilter } from '../../../server/contract/log-sources.ts';
import type { LogLevel, LogLine } from '../../../server/contract/logs.ts';
import { cn } from '../../ui/cn.ts';
import { StateDot, type Tone } from '../../ui/state-dot.tsx';
import { AnsiText } from './ansi-text.tsx';
import { LineFields } from './log-fields.tsx';

const tones: Record<LogLevel, Tone> = { debug: 'idle', info: 'ok', warn: 'warn', error: 'bad' };
const grounds: Partial<Record<LogLevel, string>> = { warn: 'bg-warn-bg/60', error: 'bg-bad-bg/60' };
/** Of a message that is not opened; nobody sees more of it on one line. */
const briefLength = 600;

/** Words and forms that all rows share. A flood makes hundreds of rows a second: none of them asks for its own. */
export interface RowLanguage {
  levels: Record<LogLevel, string>;
  time(at: number): string;
}

interface Props {
  line: LogLine;
  language: RowLanguage;
  isExpanded: boolean;
  /** The line that somebody came for. */
  isMarked: boolean;
  onToggle(line: LogLine): void;
  onField(field: FieldFilter): void;
  onContext(line: LogLine): void;
}

export const LogRow = memo(function LogRow({
  line,
  language,
  isExpanded,
  isMarked,
  onToggle,
  onField,
  onContext,
}: Props) {
  return (
    <div className={cn('mono', grounds[line.level], isMarked && 'bg-accent-bg')}>
      <button
        type="button"
        data-seq={line.seq}
        aria-expanded={isExpanded}
        aria-current={isMarked ? 'true' : undefined}
        onClick={() => onToggle(line)}
        className="grid w-full grid-cols-[96px_60px_92px_minmax(0,1fr)] items-start px-3.5 text-left leading-5 outline-offset-[-2px] hover:bg-hover"
      >
        <span className="text-faint">{language.time(line.time)}</span>
        <span className="flex h-5 items-center gap-1.5 text-dim">
          <StateDot tone={tones[line.level]} />
          {language.levels[line.level]}
        </span>
        <span className="truncate pr-2 text-dim">{line.component}</span>
        <span className="truncate">
          <AnsiText text={line.msg.slice(0, briefLength)} />
          <span className="text-dim"> {briefFields(line)}</span>
        </span>
      </button>
      {isExpanded && <LineFields line={line} onField={onField} onContext={() => onContext(line)} />}
    </div>
  );
});

/** The plain values that a line carries, as on a terminal. */
function briefFields({ fields }: LogLine): string {
  if (!fields) return '';
  let text = '';
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'object' && value !== null) continue;
    text += `${name}=${String(value)} `;
    if (text.length > briefLength) break;
  }
  return text.slice(0, briefLength);
}
