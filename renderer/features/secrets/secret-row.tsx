import { IconEye } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProbeResult, SecretInfo } from '../../../server/contract/secrets.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { CardRow } from '../../ui/card.tsx';
import { Chip } from '../../ui/chip.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import type { Tone } from '../../ui/state-dot.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { ClearDialog } from './clear-dialog.tsx';
import { HistoryDialog } from './history-dialog.tsx';
import { RevealedValue } from './revealed-value.tsx';
import { SecretMenu } from './secret-menu.tsx';
import { useSecretNote } from './secret-note.ts';
import { SetDialog } from './set-dialog.tsx';
import { TokenDialog } from './token-dialog.tsx';
import { useReveal, useTest } from './use-secret-actions.ts';

type Open = 'set' | 'clear' | 'history' | 'token' | undefined;

interface Props {
  secret: SecretInfo;
  now: number;
  /** The vault can neither be read nor written. */
  isShut: boolean;
}

export function SecretRow({ secret, now, isShut }: Props) {
  const { t } = useTranslation();
  const note = useSecretNote();
  const [open, setOpen] = useState<Open>();
  const { value, reveal, hide } = useReveal(secret.name);
  const test = useTest(secret.name);
  const { name, isSet, origin } = secret;
  const isOutside = origin === 'environment' || origin === 'file';
  const isInVault = secret.sources.some((source) => source.origin === 'vault');
  const canTest = isSet && secret.group !== 'server' && secret.lastResult?.outcome !== 'unsupported';
  const close = () => setOpen(undefined);
  return (
    <>
      <CardRow
        title={<span className="mono">{name}</span>}
        note={value === undefined ? note(secret, now) : <RevealedValue value={value} onHide={hide} />}
        actions={
          <span className="flex flex-wrap items-center justify-end gap-2">
            {isSet && canTest && <ResultChip result={secret.lastResult} />}
            {canTest && (
              <Button size="small" disabled={test.isPending} onClick={() => test.mutate()}>
                {test.isPending ? t('secrets.testing') : t('secrets.test')}
              </Button>
            )}
            {isSet && value === undefined && (
              <Button look="quiet" size="iconSmall" aria-label={t('secrets.reveal', { name })} onClick={reveal}>
                <IconEye size={16} stroke={1.5} aria-hidden />
              </Button>
            )}
            {!isSet && secret.keyUrl !== undefined && (
              <ExternalLink href={secret.keyUrl} className={buttonClass({ size: 'small' })}>
                {t('secrets.getKey')}
              </ExternalLink>
            )}
            {name === 'UI_SECRET_TOKEN' && !isOutside && (
              <Button size="small" disabled={isShut} onClick={() => setOpen('token')}>
                {t('secrets.generate')}
              </Button>
            )}
            {isOutside ? (
              <OutsideButton />
            ) : (
              <Button size="small" disabled={isShut} onClick={() => setOpen('set')}>
                {isSet ? t('secrets.replace') : t('secrets.set')}
              </Button>
            )}
            <SecretMenu
              secret={secret}
              isShut={isShut}
              onClear={() => setOpen('clear')}
              onHistory={() => setOpen('history')}
            />
          </span>
        }
      />
      <SetDialog open={open === 'set'} onClose={close} secret={secret} />
      <ClearDialog open={open === 'clear'} onClose={close} name={name} isInVault={isInVault} />
      <HistoryDialog open={open === 'history'} onClose={close} name={name} isShut={isShut} />
      {name === 'UI_SECRET_TOKEN' && <TokenDialog open={open === 'token'} onClose={close} isSet={isSet} />}
    </>
  );
}

function OutsideButton() {
  const { t } = useTranslation();
  return (
    <Tooltip label={t('secrets.setOutsideHint')}>
      <Button size="small" aria-disabled className="cursor-not-allowed">
        {t('secrets.setOutside')}
      </Button>
    </Tooltip>
  );
}

const tones: Record<ProbeResult['outcome'], Tone> = {
  accepted: 'ok',
  rejected: 'bad',
  unreachable: 'warn',
  unsupported: 'idle',
};

function ResultChip({ result }: { result: ProbeResult | undefined }) {
  const { t } = useTranslation();
  if (!result) return <Chip>{t('secrets.notTested')}</Chip>;
  const words =
    result.outcome === 'rejected' && result.status !== undefined
      ? t('secrets.rejectedStatus', { status: result.status })
      : t(`secrets.outcomes.${result.outcome}`);
  return (
    <Tooltip label={<ServerText>{result.message}</ServerText>}>
      <button type="button" className="rounded-[10px]">
        <Chip dot tone={tones[result.outcome]}>
          {words}
        </Chip>
      </button>
    </Tooltip>
  );
}
