import { IconDots } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import type { SandboxInfo, SandboxState } from '../../../server/contract/sandbox.ts';
import { answer, api } from '../../api/client.ts';
import { logsHref, sessionHref } from '../../api/links.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Chip } from '../../ui/chip.tsx';
import { Menu } from '../../ui/menu.tsx';
import type { Tone } from '../../ui/state-dot.tsx';
import { Cell, Row } from '../../ui/table.tsx';
import { showFault, showToast } from '../../ui/toast.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { AgeCell, CpuCell, EndsCell, MemoryCell } from './sandbox-figures.tsx';

const tones: Record<SandboxState, Tone> = {
  creating: 'accent',
  ready: 'accent',
  busy: 'ok',
  idle: 'idle',
  paused: 'idle',
  stopping: 'warn',
  gone: 'idle',
  failed: 'bad',
  lost: 'bad',
};

interface Props {
  sandbox: SandboxInfo;
  title: string;
  isTicked: boolean;
  onTick(id: string, isTicked: boolean): void;
  onDestroy(sandbox: SandboxInfo): void;
}

/** Drawn again when something of the sandbox changed; what changes every second is in cells of its own. */
export const SandboxRow = memo(function SandboxRow({ sandbox, title, isTicked, onTick, onDestroy }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const userId = useKnown((live) => live.runs.find(({ sessionId }) => sessionId === sandbox.sessionId)?.userId);
  const { id, tenantId, sessionId, isPooled = false } = sandbox;
  const href = sessionHref({ tenantId, userId: userId ?? 'default', sessionId });
  return (
    <Row selected={isTicked}>
      <Cell className="pr-0">
        <Checkbox label={t('sandboxes.select', { id })} checked={isTicked} onChange={(isOn) => onTick(id, isOn)} />
      </Cell>
      <Cell className="min-w-40 max-w-0 py-1">
        <Link
          href={`/sandboxes/${id}`}
          title={isPooled ? t('sandboxes.warm') : title || sessionId}
          dir="auto"
          className="block truncate text-left hover:text-accent hover:underline"
        >
          {isPooled ? t('sandboxes.warm') : title || sessionId}
        </Link>
        <span className="mono block truncate text-[11.5px] text-faint leading-[15px]">
          {title ? `${sessionId} · ${id}` : id}
        </span>
      </Cell>
      <Cell>
        <StateChip sandbox={sandbox} />
      </Cell>
      <Cell className="max-roomy:hidden max-w-34 py-1">
        <span className="block truncate">{tenantId || t('common.none')}</span>
        <span className="mono block truncate text-[11.5px] text-faint leading-[15px]" title={sandbox.image}>
          {sandbox.image}
        </span>
      </Cell>
      <CpuCell id={id} />
      <MemoryCell id={id} limitBytes={sandbox.memoryLimitBytes} />
      <Cell className="text-right">
        {sandbox.diskBytes === undefined ? t('common.none') : format.bytes(sandbox.diskBytes)}
      </Cell>
      <AgeCell sandbox={sandbox} />
      <EndsCell sandbox={sandbox} />
      <Cell className="pl-0 text-right">
        <RowMenu sandbox={sandbox} href={href} onDestroy={() => onDestroy(sandbox)} />
      </Cell>
    </Row>
  );
});

function StateChip({ sandbox }: { sandbox: SandboxInfo }) {
  const { t } = useTranslation();
  const chip = (
    <Chip dot tone={sandbox.isPooled ? 'idle' : tones[sandbox.state]}>
      {sandbox.isPooled ? t('sandboxes.pooled') : t(`sandboxes.states.${sandbox.state}`)}
    </Chip>
  );
  const hint = sandbox.fault?.message ?? sandbox.running.map(({ command }) => command).join('\n');
  if (!hint) return chip;
  return (
    <Tooltip label={<span className="whitespace-pre-line">{hint}</span>}>
      <button type="button" className="rounded-[10px]">
        {chip}
      </button>
    </Tooltip>
  );
}

function RowMenu({ sandbox, href, onDestroy }: { sandbox: SandboxInfo; href: string; onDestroy(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [, navigate] = useLocation();
  const { id, sessionId, isPooled = false } = sandbox;
  const keepAlive = useMutation({
    mutationFn: () => answer(api.sandboxes[':id']['keep-alive'].$post({ param: { id } })),
    onSuccess: () => showToast(t('sandboxes.keptAlive'), id),
    onError: (error) => showFault(faultText(error)),
  });
  const ofSession = [
    { label: t('sandboxes.openSession'), onSelect: () => navigate(href) },
    { label: t('sandboxes.showLogs'), onSelect: () => navigate(logsHref({ sessionId })) },
    { label: t('sandboxes.keepAlive'), onSelect: () => keepAlive.mutate() },
  ];
  return (
    <Menu
      label={t('sandboxes.actionsFor', { id })}
      trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
      actions={[...(isPooled ? [] : ofSession), { label: t('sandboxes.destroy'), danger: true, onSelect: onDestroy }]}
    />
  );
}
