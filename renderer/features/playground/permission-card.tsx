import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { PermissionDecision, PermissionRequest } from '../../../server/contract/permissions.ts';
import { Button } from '../../ui/button.tsx';
import { describeArgs } from './tool-summary.ts';
import { useRespond } from './use-respond.ts';

/** Shows the whole call: nobody should approve what is cut off. */
export function PermissionCard({ request }: { request: PermissionRequest }) {
  const { t } = useTranslation();
  const title = useId();
  const { respond, isBusy } = useRespond();
  const { toolCallId, toolName, args, reason, remember, agent } = request;
  const decide = (decision: PermissionDecision, how?: 'session' | 'always') => () =>
    respond({ kind: 'permission', decision, toolCallId, ...(how && { remember: how }) });
  return (
    <fieldset aria-labelledby={title} className="border-line-soft border-t bg-warn-bg px-3 py-2.5">
      <p id={title} role="status" className="font-semibold">
        {agent
          ? t('playground.request.permissionOf', { tool: toolName, agent: agent.name })
          : t('playground.request.permission', { tool: toolName })}
      </p>
      <p className="text-dim text-small [overflow-wrap:anywhere]">{reason}</p>
      {describeArgs(args).map(({ name, text }) => (
        <dl key={name} className="pt-1.5">
          <dt className="text-dim text-small">{name}</dt>
          <dd className="mono max-h-72 overflow-auto whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</dd>
        </dl>
      ))}
      {remember.length > 0 && (
        <p className="pt-1.5 text-dim text-small [overflow-wrap:anywhere]">
          {t('playground.request.remembered')} <code className="mono">{remember.join(' ')}</code>
        </p>
      )}
      <div className="flex flex-wrap gap-2 pt-2.5">
        <Button look="primary" disabled={isBusy} onClick={decide('approved')}>
          {t('playground.request.allow')}
        </Button>
        {remember.length > 0 && (
          <>
            <Button disabled={isBusy} onClick={decide('approved', 'session')}>
              {t('playground.request.session')}
            </Button>
            <Button disabled={isBusy} onClick={decide('approved', 'always')}>
              {t('playground.request.always')}
            </Button>
          </>
        )}
        <Button look="danger" disabled={isBusy} onClick={decide('rejected')}>
          {t('playground.request.reject')}
        </Button>
      </div>
    </fieldset>
  );
}
