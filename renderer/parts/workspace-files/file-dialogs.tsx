import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { showFault } from '../../ui/toast.tsx';
import { joinPath, nameOf, type WorkspaceOwner } from './file-links.ts';

export type FileWish = { kind: 'folder'; folder: string } | { kind: 'rename' | 'remove'; path: string };

interface Props {
  owner: WorkspaceOwner;
  wish: FileWish | undefined;
  onClose(): void;
  /** With what was changed. */
  onDone(path: string): void;
}

export function FileDialogs({ owner, wish, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  // Keeps its words while the closing dialog fades.
  const [last, setLast] = useState(wish);
  if (wish && wish !== last) setLast(wish);
  const at = api.workspaces[':tenantId'][':sessionId'];
  const param = { tenantId: owner.tenantId, sessionId: owner.sessionId };
  const name = last && 'path' in last ? nameOf(last.path) : '';

  const remove = async () => {
    if (last?.kind !== 'remove') return;
    try {
      await answer(at.file.$delete({ param, query: { path: last.path } }));
      onDone(last.path);
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  const give = async (text: string) => {
    if (last?.kind === 'folder') {
      const path = joinPath(last.folder, text);
      await answer(at.folder.$post({ param, json: { path } }));
      onDone(path);
    } else if (last?.kind === 'rename') {
      await answer(at.rename.$post({ param, json: { path: last.path, to: text } }));
      onDone(last.path);
    }
  };
  return (
    <>
      <ConfirmDialog
        open={wish?.kind === 'remove'}
        onClose={onClose}
        title={t('sandboxes.tools.files.removeTitle', { name })}
        body={t('sandboxes.tools.files.removeBody')}
        choices={[{ label: t('sandboxes.tools.files.removeConfirm'), onChoose: remove }]}
      />
      {last?.kind === 'folder' && (
        <NameDialog
          open={wish?.kind === 'folder'}
          title={t('sandboxes.tools.files.newFolderTitle')}
          label={t('sandboxes.tools.files.folderName')}
          confirm={t('sandboxes.tools.files.make')}
          initial=""
          onGive={give}
          onClose={onClose}
        />
      )}
      {last?.kind === 'rename' && (
        <NameDialog
          key={last.path}
          open={wish?.kind === 'rename'}
          title={t('sandboxes.tools.files.renameTitle', { name })}
          label={t('sandboxes.tools.files.newPath')}
          confirm={t('sandboxes.tools.files.renameConfirm')}
          initial={last.path}
          onGive={give}
          onClose={onClose}
        />
      )}
    </>
  );
}

interface NameProps {
  open: boolean;
  title: string;
  label: string;
  confirm: string;
  initial: string;
  onGive(text: string): Promise<void>;
  onClose(): void;
}

function NameDialog({ open, title, label, confirm, initial, onGive, onClose }: NameProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [text, setText] = useState(initial);
  const [fault, setFault] = useState<string>();
  const submit = async () => {
    try {
      await onGive(text.trim());
      setText('');
      setFault(undefined);
      onClose();
    } catch (error) {
      setFault(faultText(error));
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="primary" disabled={text.trim() === '' || text === initial} onClick={() => void submit()}>
            {confirm}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label={label} error={fault}>
          <TextInput
            className="mono"
            value={text}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
