import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { SandboxInfo } from '../../../../server/contract/sandbox.ts';
import { sessionHref } from '../../../api/links.ts';
import { useKnown } from '../../../api/live-context.ts';
import { useFormat } from '../../../i18n/format.ts';
import { ServerText } from '../../../i18n/server-text.tsx';
import { Card } from '../../../ui/card.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Notice } from '../../../ui/notice.tsx';

/** Why this container exists, and what will end it. */
export function SummaryTab({ sandbox, now }: { sandbox: SandboxInfo; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const run = useKnown((live) => live.runs.find(({ sessionId }) => sessionId === sandbox.sessionId));
  const { tenantId, sessionId, firstCommand, running, endsAt, expiresAt, containerId, diskBytes, diskLimitBytes } =
    sandbox;
  const ends =
    sandbox.state === 'paused'
      ? t('sandboxes.detail.why.endsPaused')
      : endsAt === undefined
        ? t('sandboxes.detail.why.endsBusy')
        : t('sandboxes.detail.why.endsIdle', { left: format.duration(Math.max(0, endsAt - now)) });
  const none = t('common.none');
  const disk = diskBytes === undefined ? t('sandboxes.detail.made.unknown') : format.bytes(diskBytes);
  return (
    <>
      {sandbox.fault && (
        <Notice tone="bad">
          <ServerText>{sandbox.fault.message}</ServerText>
        </Notice>
      )}
      <div className="grid gap-3.5 roomy:grid-cols-2">
        <Card title={t('sandboxes.detail.why.title')} className="self-start">
          <Facts>
            <Fact name={t('sandboxes.detail.why.session')}>
              {sandbox.isPooled ? (
                t('sandboxes.warm')
              ) : (
                <Link
                  href={sessionHref({ tenantId, sessionId, userId: run?.userId ?? 'default' })}
                  className="text-accent hover:underline"
                >
                  {run?.title || sessionId}
                </Link>
              )}
            </Fact>
            <Fact name={t('sandboxes.detail.why.agent')}>{run?.agentId ?? none}</Fact>
            <Fact name={t('sandboxes.detail.why.tenant')}>{tenantId || none}</Fact>
            <Fact name={t('sandboxes.detail.why.first')}>
              {firstCommand ? (
                <>
                  <code className="mono">{firstCommand.command}</code>
                  <span className="block text-dim text-small">{format.dateTime(firstCommand.at)}</span>
                </>
              ) : (
                t('sandboxes.detail.why.noCommand')
              )}
            </Fact>
            <Fact name={t('sandboxes.detail.why.running')}>
              {running.length === 0
                ? t('sandboxes.detail.why.nothing')
                : running.map(({ command, startedAt, shellId }) => (
                    <code key={`${startedAt} ${shellId} ${command}`} className="mono block">
                      {command}
                    </code>
                  ))}
            </Fact>
            <Fact name={t('sandboxes.detail.why.ends')}>{ends}</Fact>
            {expiresAt !== undefined && (
              <Fact name={t('sandboxes.detail.why.expires')}>
                {t('sandboxes.detail.why.expiresAt', { at: format.relative(Math.max(expiresAt, now), now) })}
              </Fact>
            )}
          </Facts>
        </Card>
        <Card title={t('sandboxes.detail.made.title')} className="self-start">
          <Facts>
            <Fact name={t('sandboxes.detail.made.image')}>
              <span className="mono">{sandbox.image}</span>
            </Fact>
            <Fact name={t('sandboxes.detail.made.container')}>
              {containerId === undefined ? (
                none
              ) : (
                <span className="-my-[3px] flex items-center gap-1">
                  <span className="mono">{containerId.slice(0, 12)}</span>
                  <CopyButton text={containerId} label={t('sandboxes.detail.made.container')} />
                </span>
              )}
            </Fact>
            <Fact name={t('sandboxes.detail.made.memory')}>{format.bytes(sandbox.memoryLimitBytes)}</Fact>
            <Fact name={t('sandboxes.detail.made.cpus')}>
              {t('sandboxes.detail.made.cpuCount', { count: sandbox.cpus })}
            </Fact>
            <Fact name={t('sandboxes.detail.made.disk')}>
              {diskBytes !== undefined && diskLimitBytes !== undefined && diskLimitBytes > 0
                ? t('sandboxes.detail.made.ofLimit', { used: disk, limit: format.bytes(diskLimitBytes) })
                : disk}
            </Fact>
          </Facts>
        </Card>
      </div>
    </>
  );
}

function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-5 gap-y-2 px-3.5 py-3">{children}</dl>;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-dim">{name}</dt>
      <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
    </>
  );
}
