import { IconChevronDown, IconChevronUp, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TerminalEnd, TerminalInfo } from '../../../../server/contract/terminal.ts';
import { Button } from '../../../ui/button.tsx';
import { inputClass } from '../../../ui/field.tsx';
import { isMac, openScreen, type Screen } from './open-screen.ts';
import type { TerminalLink } from './terminal-link.ts';

interface Props {
  terminal: TerminalInfo;
  link: TerminalLink;
  isUp: boolean;
}

export function TerminalScreen({ terminal, link, isUp }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const after = useRef<HTMLParagraphElement>(null);
  const screen = useRef<Screen>(undefined);
  const [end, setEnd] = useState<TerminalEnd | 'gone'>();
  const [isFinding, setFinding] = useState(false);
  const { id, shell } = terminal;
  const [known] = useState(terminal.offset);

  useEffect(() => {
    if (!box.current) return;
    const opened = openScreen({
      box: box.current,
      label: t('sandboxes.tools.terminal.screen', { shell }),
      onType: (bytes) => link.type(id, bytes),
      onSize: (size) => link.resize(id, size),
      onFind: () => setFinding(true),
      onLeave: () => after.current?.focus(),
    });
    screen.current = opened;
    const leave = link.follow(id, {
      onOutput: (bytes, offset) => opened.write(bytes, offset < known),
      onGap: () => opened.reset(t('sandboxes.tools.terminal.gap')),
      onEnd: (how) => setEnd(how ?? 'gone'),
    });
    link.resize(id, opened.size());
    opened.focus();
    return () => {
      leave();
      opened.close();
      screen.current = undefined;
    };
  }, [id, shell, known, link, t]);

  return (
    <>
      {isFinding && (
        <FindBar
          onFind={(text, back) => screen.current?.find(text, back)}
          onClose={() => {
            setFinding(false);
            screen.current?.focus();
          }}
        />
      )}
      {!isUp && (
        <p role="status" className="bg-warn-bg px-3 py-1.5">
          {t('sandboxes.tools.terminal.offline')}
        </p>
      )}
      <div className="min-h-0 flex-1 bg-code p-2">
        <div ref={box} className="h-full font-mono" />
      </div>
      {end !== undefined && (
        <p role="status" className="border-line-soft border-t bg-sunk px-3 py-1.5 text-small">
          <EndWords end={end} />
        </p>
      )}
      <p ref={after} tabIndex={-1} className="border-line-soft border-t px-3 py-1.5 text-dim text-small outline-none">
        {t(isMac ? 'sandboxes.tools.terminal.keysMac' : 'sandboxes.tools.terminal.keys')}
        {' · '}
        {t('sandboxes.tools.terminal.leaveKeys')}
      </p>
    </>
  );
}

function EndWords({ end }: { end: TerminalEnd | 'gone' }) {
  const { t } = useTranslation();
  if (end === 'gone' || end.by === 'lost') return t('sandboxes.tools.terminal.lost');
  if (end.by === 'failed') return t('sandboxes.tools.terminal.failed', { reason: end.reason ?? '' });
  if (end.signal !== null) return t('sandboxes.tools.terminal.endedSignal', { signal: end.signal });
  return t('sandboxes.tools.terminal.ended', { code: end.exitCode ?? 0 });
}

function FindBar({ onFind, onClose }: { onFind(text: string, back: boolean): void; onClose(): void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <div className="flex items-center gap-1 border-line-soft border-b px-2 py-1.5">
      <input
        ref={input}
        type="search"
        aria-label={t('sandboxes.tools.terminal.find')}
        placeholder={t('sandboxes.tools.terminal.find')}
        value={text}
        className={`${inputClass} w-60`}
        onChange={(event) => {
          setText(event.target.value);
          onFind(event.target.value, false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onFind(text, event.shiftKey);
          if (event.key === 'Escape') onClose();
        }}
      />
      <Button
        size="iconSmall"
        look="quiet"
        aria-label={t('sandboxes.tools.terminal.findPrevious')}
        onClick={() => onFind(text, true)}
      >
        <IconChevronUp size={15} stroke={1.5} aria-hidden />
      </Button>
      <Button
        size="iconSmall"
        look="quiet"
        aria-label={t('sandboxes.tools.terminal.findNext')}
        onClick={() => onFind(text, false)}
      >
        <IconChevronDown size={15} stroke={1.5} aria-hidden />
      </Button>
      <Button size="iconSmall" look="quiet" aria-label={t('sandboxes.tools.terminal.closeFind')} onClick={onClose}>
        <IconX size={15} stroke={1.5} aria-hidden />
      </Button>
    </div>
  );
}
