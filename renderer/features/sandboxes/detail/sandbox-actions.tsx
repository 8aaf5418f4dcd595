import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { SandboxInfo } from '../../../../server/contract/sandbox.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { Menu } from '../../../ui/menu.tsx';
import { showFault, showToast } from '../../../ui/toast.tsx';
import { DestroyDialog } from '../destroy-dialog.tsx';

/** What can be done to one sandbox as a whole. */
export function SandboxActions({ sandbox }: { sandbox: SandboxInfo }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<'restart' | 'destroy'>();
  const { id, state, isPooled = false } = sandbox;
  const at = api.sandboxes[':id'];
  const param = { id };
  const isPaused = state === 'paused';

  const act = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      showFault(faultText(error));
      throw error;
    } finally {
      setBusy(false);
    }
  };
  const quietly = (work: () => Promise<unknown>) => void act(work).catch(() => undefined);
  const keepAlive = async () => {
    await answer(at['keep-alive'].$post({ param }));
    showToast(t('sandboxes.keptAlive'), id);
  };
  const restart = () =>
    act(async () => {
      const { sandbox: next } = await answer(at.restart.$post({ param }));
      navigate(`/sandboxes/${next.id}`, { replace: true });
    });
  return (
    <>
      {!isPooled && (
        <>
          <Button
            disabled={busy}
            onClick={() => quietly(() => answer(at[isPaused ? 'resume' : 'pause'].$post({ param })))}
          >
            {t(isPaused ? 'sandboxes.detail.resume' : 'sandboxes.detail.pause')}
          </Button>
          <Button disabled={busy} onClick={() => quietly(keepAlive)}>
            {t('sandboxes.keepAlive')}
          </Button>
          <Menu
            label={t('sandboxes.actionsFor', { id })}
            trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
            className="!size-[30px]"
            actions={[{ label: t('sandboxes.detail.restart'), disabled: busy, onSelect: () => setAsked('restart') }]}
          />
        </>
      )}
      <Button look="danger" disabled={busy} onClick={() => setAsked('destroy')}>
        {t('sandboxes.destroy')}
      </Button>
      <ConfirmDialog
        open={asked === 'restart'}
        onClose={() => setAsked(undefined)}
        title={t('sandboxes.detail.ask.restart')}
        body={t('sandboxes.detail.ask.restartBody')}
        choices={[{ label: t('sandboxes.detail.ask.restartConfirm'), look: 'primary', onChoose: restart }]}
      />
      <DestroyDialog
        sandboxes={asked === 'destroy' ? [sandbox] : []}
        titleOf={() => ''}
        onClose={() => setAsked(undefined)}
        onDestroyed={() => navigate('/sandboxes', { replace: true })}
      />
    </>
  );
}
