import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { SecretVersion } from '../../../server/contract/secrets.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { useHistory, useRefreshAll } from './care-queries.ts';

interface Props {
  open: boolean;
  onClose(): void;
  name: string;
  isShut: boolean;
}

/** What the vault has and had under a name, and the way back. */
export function HistoryDialog({ open, onClose, name, isShut }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const refresh = useRefreshAll();
  const { data, error, refetch } = useHistory(name, open);
  const rollBack = useMutation({
    mutationFn: (version: number) =>
      answer(api.secrets[':name']['roll-back'].$post({ param: { name }, json: { version } })),
    onSettled: refresh,
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      wide
      title={t('secretCare.history.title', { name })}
      description={t('secretCare.history.note')}
    >
      {rollBack.error && <Notice tone="bad">{faultText(rollBack.error)}</Notice>}
      {error && !data && <ErrorState message={faultText(error)} onRetry={() => void refetch()} />}
      {!data && !error && <SkeletonRows rows={3} />}
      {data?.versions.length === 0 && <EmptyState>{t('secretCare.history.none')}</EmptyState>}
      {data && data.versions.length > 0 && (
        <Versions
          versions={data.versions}
          label={t('secretCare.history.title', { name })}
          isDisabled={isShut || rollBack.isPending}
          onRollBack={rollBack.mutate}
        />
      )}
    </Dialog>
  );
}

interface VersionsProps {
  versions: readonly SecretVersion[];
  label: string;
  isDisabled: boolean;
  onRollBack(version: number): void;
}

function Versions({ versions, label, isDisabled, onRollBack }: VersionsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Table label={label}>
      <thead>
        <tr>
          {(['when', 'what', 'end', 'who'] as const).map((column) => (
            <HeadCell key={column}>{t(`secretCare.history.${column}`)}</HeadCell>
          ))}
          <HeadCell>
            <span className="sr-only">{t('secretCare.history.rollBack')}</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {versions.map(({ version, at, act, by, lastFour, isCurrent, hasValue }) => (
          <Row key={version}>
            <Cell>{format.dateTime(at)}</Cell>
            <Cell>{t(`secretCare.history.acts.${act}`)}</Cell>
            <Cell className="mono">{hasValue ? (lastFour ?? '····') : t('common.none')}</Cell>
            <Cell>{by ?? t('common.none')}</Cell>
            <Cell className="text-right">
              {isCurrent && hasValue && <Chip tone="ok">{t('secretCare.history.current')}</Chip>}
              {!isCurrent && hasValue && (
                <Button
                  size="small"
                  disabled={isDisabled}
                  aria-label={t('secretCare.history.rollBackTo', { when: format.dateTime(at) })}
                  onClick={() => onRollBack(version)}
                >
                  {t('secretCare.history.rollBack')}
                </Button>
              )}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
