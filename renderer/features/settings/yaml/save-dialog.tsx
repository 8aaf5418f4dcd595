import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../../api/api-error.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';

const Compare = lazy(() => import('./compare.tsx'));

interface Props {
  /** What is on the disk. */
  before: string;
  /** What would be saved. */
  after: string;
  /** The file is not the one that the text was made from. */
  hasConflict: boolean;
  error: unknown;
  isSaving: boolean;
  onSave(text: string): void;
  /** Puts what is on the disk into the editor. */
  onTheirs(): void;
  onClose(text: string): void;
}

/** Shows what a save would change. Mounted while it is open. */
export function SaveDialog({ before, after, hasConflict, error, isSaving, onSave, onTheirs, onClose }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [text, setText] = useState(after);
  const close = () => onClose(text);
  return (
    <Dialog
      open
      onClose={close}
      width="full"
      title={hasConflict ? t('yaml.conflictTitle') : t('yaml.saveTitle')}
      description={hasConflict ? t('yaml.conflictNote') : t('yaml.saveNote')}
      footer={
        <>
          <Button onClick={close}>{t('common.cancel')}</Button>
          {hasConflict && <Button onClick={onTheirs}>{t('yaml.useTheirs')}</Button>}
          <Button look="primary" disabled={isSaving} autoFocus onClick={() => onSave(text)}>
            {hasConflict ? t('yaml.keepMine') : t('settings.save')}
          </Button>
        </>
      }
    >
      {error !== null && error !== undefined && !hasConflict && (
        <Notice tone="bad">
          {faultText(error)} <span className="mono text-dim">{toApiError(error).code}</span>
        </Notice>
      )}
      <Suspense fallback={<Skeleton className="h-40" />}>
        <Compare before={before} after={after} onChange={setText} />
      </Suspense>
    </Dialog>
  );
}
