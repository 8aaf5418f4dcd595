import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { VaultAside, VaultReport } from '../../../server/contract/secrets.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useNow } from '../../ui/use-now.ts';
import { BackendDialog } from './backend-dialog.tsx';
import { useRefreshAll } from './care-queries.ts';

type Asking = { act: 'back' | 'remove'; aside: VaultAside } | undefined;

/** Where the key to all values lies, and vaults that were moved away. */
export function VaultCard({ vault }: { vault: VaultReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const refresh = useRefreshAll();
  const now = useNow(60_000);
  const [isMoving, setMoving] = useState(false);
  const [asking, setAsking] = useState<Asking>();
  const { status, aside, isOldKeyLeft } = vault;
  const isShut = status.state === 'locked' || status.state === 'damaged';

  async function carryOut(work: () => Promise<unknown>) {
    try {
      await work();
      await refresh();
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    }
  }

  const file = asking?.aside.name ?? '';
  const question = asking?.act === 'remove' ? 'remove' : 'bringBack';
  return (
    <Card title={t('secretCare.vault.title')} aside={t('secretCare.vault.aside')}>
      <CardRow
        title={t(`secretCare.vault.backends.${status.backend}`)}
        note={t(`secretCare.vault.about.${status.backend}`)}
        actions={
          <Button size="small" disabled={isShut} onClick={() => setMoving(true)}>
            {t('secretCare.vault.change')}
          </Button>
        }
      />
      {isOldKeyLeft && (
        <div className="px-3.5 py-2.5">
          <Notice tone="warn" className="mb-0">
            {t('secretCare.vault.oldKeyLeft')}
          </Notice>
        </div>
      )}
      {aside.map((each) => (
        <CardRow
          key={each.name}
          title={t('secretCare.vault.asideRow', { when: format.relative(Math.min(each.at, now), now) })}
          note={
            <span className="mono">
              {each.name} · {format.bytes(each.sizeBytes)}
            </span>
          }
          actions={
            <>
              <Button size="small" onClick={() => setAsking({ act: 'back', aside: each })}>
                {t('secretCare.vault.bringBack')}
              </Button>
              <Button size="small" look="danger" onClick={() => setAsking({ act: 'remove', aside: each })}>
                {t('secretCare.vault.remove')}
              </Button>
            </>
          }
        />
      ))}
      <BackendDialog open={isMoving} onClose={() => setMoving(false)} vault={vault} />
      <ConfirmDialog
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={t(`secretCare.vault.${question}Title`)}
        body={t(`secretCare.vault.${question}Body`)}
        choices={[
          {
            label: t(`secretCare.vault.${question}Confirm`),
            look: asking?.act === 'remove' ? 'destroy' : 'primary',
            onChoose: () =>
              carryOut(() =>
                asking?.act === 'remove'
                  ? answer(api.vault.aside[':file'].$delete({ param: { file } }))
                  : answer(api.vault.aside[':file']['bring-back'].$post({ param: { file } })),
              ),
          },
        ]}
      />
    </Card>
  );
}

/** For a vault that cannot be used: keeps it under another name, so that a new one can begin. */
export function MoveVaultAway() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const refresh = useRefreshAll();
  const [isAsking, setAsking] = useState(false);
  const move = async () => {
    try {
      await answer(api.vault['move-aside'].$post());
      await refresh();
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    }
  };
  return (
    <>
      <Button size="small" onClick={() => setAsking(true)}>
        {t('secretCare.vault.moveAside')}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('secretCare.vault.moveAsideTitle')}
        body={t('secretCare.vault.moveAsideBody')}
        choices={[{ label: t('secretCare.vault.moveAsideConfirm'), look: 'primary', onChoose: move }]}
      />
    </>
  );
}
