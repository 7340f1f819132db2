"""The rules of the house, as checks that return what breaks them.

LAYERS and WITHIN_A_LAYER are the map: a new module gets its line there. Each
check takes a tree (see source_tree) and returns a list of sentences. What BUILD
files must say is in build_files.
"""

import ast
import importlib.metadata
import posixpath
import sys
from collections.abc import Callable

from tests import source_tree

# From the bottom up. A module imports from the layers below its own, and within
# its own what WITHIN_A_LAYER says.
LAYERS = {
    'slim: layers and the network': (
        'slim.dtypes',
        'slim.inception_model',
        'slim.losses',
        'slim.ops',
        'slim.scopes',
        'slim.slim',
        'slim.variables',
    ),
    'L1, domain: one job each': (
        'batch_mixing',
        'batch_norm_recalibration',
        'checkpoint',
        'checkpoint_fallback',
        'checkpoint_files',
        'checkpoint_names',
        'checkpoint_publisher',
        'checkpoint_readers',
        'config',
        'config_checks',
        'data.audit',
        'data.bounding_boxes',
        'data.box_annotations',
        'data.class_check',
        'data.colour_profiles',
        'data.content_split',
        'data.curation',
        'data.display_names',
        'data.download_part',
        'data.downloads',
        'data.drawn_flowers',
        'data.example_message',
        'data.example_proto',
        'data.flower_shapes',
        'data.flowers_download',
        'data.image_coder',
        'data.image_dataset',
        'data.image_files',
        'data.image_reader',
        'data.image_signatures',
        'data.image_survey',
        'data.jpeg_markers',
        'data.near_duplicates',
        'data.ordered_pool',
        'data.output_folder',
        'data.photo_groups',
        'data.photo_manifest',
        'data.photo_split',
        'data.progress',
        'data.raw_photos',
        'data.receipt',
        'data.record_examination',
        'data.record_statistics',
        'data.record_table',
        'data.record_writer',
        'data.repeated_pictures',
        'data.safe_tar',
        'data.shard_reader',
        'data.synset_metadata',
        'data.tfrecord_file',
        'data.thumbnails',
        'data.transfers',
        'dataset',
        'feature_batches',
        'feature_cache',
        'feature_files',
        'flowers_data',
        'gradient_clipping',
        'image_processing',
        'imagenet_data',
        'inception_model',
        'input_pipeline',
        'learning_rate',
        'loss_scaling',
        'metrics_log',
        'moving_averages',
        'optimizer',
        'precision',
        'pretrained_models',
        'process_memory',
        'randaugment',
        'recipes',
        'record_check',
        'replicas',
        'run_info',
        'step_profiler',
        'summaries',
        'train_events',
        'train_state',
        'train_step',
        'training_config',
    ),
    'L2, engines: one loop each, no flags': (
        'auto_batch_size',
        'data_preparation',
        'evaluation',
        'inception_eval',
        'inception_train',
        'inspection_page',
        'inspection_style',
        'inspection_text',
        'page_parts',
        'record_inspection',
        'train_log',
        'train_setup',
        'training_data',
        'validation',
    ),
    'L3, commands: flags, main(), text': (
        'common_flags',
        'data.build_image_data',
        'data.build_imagenet_data',
        'download_and_preprocess_flowers',
        'download_inception_v3',
        'flowers_eval',
        'flowers_train',
        'imagenet_train',
        'inspect_records',
        'quickstart',
        'records_flags',
        'start_block',
        'train',
        'train_flags',
        'training_report',
    ),
}

WITHIN_A_LAYER = {
    'slim.inception_model': ('slim.dtypes', 'slim.ops', 'slim.scopes',
                             'slim.variables'),
    'slim.losses': ('slim.dtypes', 'slim.variables'),
    'slim.ops': ('slim.dtypes', 'slim.losses', 'slim.scopes', 'slim.variables'),
    'slim.slim': ('slim.dtypes', 'slim.inception_model', 'slim.losses',
                  'slim.ops', 'slim.scopes', 'slim.variables'),
    'batch_norm_recalibration': ('inception_model',),
    'checkpoint': ('checkpoint_fallback', 'checkpoint_files',
                   'checkpoint_publisher', 'checkpoint_readers'),
    'checkpoint_fallback': ('checkpoint_files', 'checkpoint_publisher'),
    'checkpoint_publisher': ('checkpoint_files',),
    'checkpoint_readers': ('checkpoint_files', 'checkpoint_names'),
    'config': ('config_checks', 'training_config'),
    'data.audit': ('config', 'data.content_split', 'data.curation',
                   'data.display_names', 'data.image_files',
                   'data.image_survey', 'dataset'),
    'data.bounding_boxes': ('data.box_annotations',),
    'data.class_check': ('data.example_message', 'data.record_examination',
                         'dataset'),
    'data.content_split': ('config',),
    'data.curation': ('config', 'data.content_split', 'data.image_survey',
                      'data.near_duplicates'),
    'data.downloads': ('data.download_part', 'data.progress', 'data.transfers'),
    'data.drawn_flowers': ('data.flower_shapes',),
    'data.example_proto': ('data.example_message',),
    'data.flowers_download': ('data.downloads', 'data.progress',
                              'data.receipt'),
    'data.image_coder': ('data.colour_profiles', 'data.image_reader',
                         'data.jpeg_markers'),
    'data.image_dataset': ('config', 'data.example_message', 'data.image_coder',
                           'data.image_survey', 'data.output_folder',
                           'data.progress', 'data.receipt',
                           'data.record_writer', 'dataset'),
    'data.image_reader': ('data.image_signatures', 'data.jpeg_markers'),
    'data.image_signatures': ('data.jpeg_markers',),
    'data.image_survey': ('data.content_split', 'data.image_coder',
                          'data.image_files', 'data.near_duplicates',
                          'data.ordered_pool', 'data.progress', 'dataset'),
    'data.near_duplicates': ('data.image_coder',),
    'data.output_folder': ('dataset',),
    'data.photo_manifest': ('config', 'data.content_split', 'data.image_files'),
    'data.photo_split': ('config', 'data.content_split', 'data.curation',
                         'data.image_survey'),
    'data.raw_photos': ('config', 'data.content_split', 'data.curation',
                        'data.downloads', 'data.image_files',
                        'data.image_survey', 'data.photo_manifest',
                        'data.photo_split', 'data.progress', 'data.safe_tar'),
    'data.receipt': ('dataset',),
    'data.record_examination': ('data.example_message', 'data.image_coder',
                                'data.image_reader', 'data.near_duplicates'),
    'data.record_statistics': ('data.record_table',),
    'data.record_table': ('data.example_message', 'data.near_duplicates',
                          'data.record_examination', 'data.tfrecord_file'),
    'data.record_writer': ('data.image_survey', 'data.ordered_pool',
                           'data.progress', 'data.tfrecord_file', 'dataset'),
    'data.repeated_pictures': ('data.near_duplicates', 'data.record_table'),
    'data.shard_reader': ('data.content_split', 'data.tfrecord_file',
                          'dataset'),
    'data.thumbnails': ('data.image_reader',),
    'data.transfers': ('data.download_part', 'data.progress'),
    'feature_batches': ('feature_cache', 'input_pipeline'),
    'feature_cache': ('config', 'data.example_proto', 'dataset',
                      'feature_files', 'image_processing', 'input_pipeline',
                      'record_check'),
    'feature_files': ('dataset',),
    'flowers_data': ('dataset',),
    'image_processing': ('randaugment',),
    'imagenet_data': ('data.image_files', 'data.synset_metadata', 'dataset'),
    'input_pipeline': ('config', 'dataset', 'image_processing', 'record_check'),
    'learning_rate': ('training_config',),
    'precision': ('training_config',),
    'pretrained_models': ('checkpoint_files', 'data.downloads',
                          'data.output_folder', 'data.progress', 'data.receipt',
                          'data.safe_tar'),
    'record_check': ('data.example_proto', 'dataset', 'image_processing'),
    'train_events': ('checkpoint',),
    'train_state': ('inception_model', 'loss_scaling', 'moving_averages',
                    'optimizer', 'precision'),
    'train_step': ('batch_mixing', 'gradient_clipping', 'inception_model',
                   'loss_scaling', 'moving_averages', 'train_state'),
    'training_config': ('config_checks',),
    'inception_eval': ('evaluation',),
    'inception_train': ('train_log', 'train_setup', 'training_data',
                        'validation'),
    'inspection_page': ('inspection_style', 'inspection_text', 'page_parts',
                        'record_inspection'),
    'inspection_text': ('record_inspection',),
    'page_parts': ('record_inspection',),
    'validation': ('evaluation',),
    'data.build_image_data': ('common_flags', 'records_flags'),
    'data.build_imagenet_data': ('common_flags', 'records_flags'),
    'download_and_preprocess_flowers': ('common_flags',),
    'download_inception_v3': ('common_flags',),
    'flowers_eval': ('common_flags',),
    'flowers_train': ('common_flags', 'train_flags'),
    'imagenet_train': ('common_flags', 'train_flags'),
    'inspect_records': ('common_flags',),
    'quickstart': ('common_flags',),
    'records_flags': ('common_flags',),
    'train': ('common_flags', 'train_flags'),
    'train_flags': ('common_flags', 'training_report'),
    'training_report': ('start_block',),
}

COMMANDS = 'L3, commands: flags, main(), text'

_EXITS = ('sys.exit', 'os._exit', 'exit', 'quit')

Tree = source_tree.Tree


def _layers() -> dict[str, int]:
  return {f'inception.{name}': number
          for number, names in enumerate(LAYERS.values()) for name in names}


def is_testing(name: str) -> bool:
  """Returns whether a module is for tests only."""
  return name.startswith('inception.testing.')


def _production(tree: Tree) -> dict[str, str]:
  return {name: path
          for name, path in source_tree.modules(tree, 'inception/').items()
          if not is_testing(name)}


def commands() -> set[str]:
  """Returns the names of the modules in the commands' layer."""
  return {f'inception.{name}' for name in LAYERS[COMMANDS]}


def check_layers(tree: Tree) -> list[str]:
  """Imports go down only, or along WITHIN_A_LAYER."""
  layers = _layers()
  found = []
  for name, path in _production(tree).items():
    if name not in layers:
      found.append(f'{path}: has no layer yet in tests/architecture.py')
      continue
    within = WITHIN_A_LAYER.get(name.removeprefix('inception.'), ())
    for what in source_tree.imports(tree, path):
      other = what.name
      if other == name or not other.startswith('inception.'):
        continue
      where = f'{path}:{what.line}: imports {other}'
      if is_testing(other):
        found.append(f'{where}, which is for tests only')
      elif other not in layers:
        found.append(f'{where}, which is no module of a layer')
      elif layers[other] > layers[name]:
        found.append(f'{where}, which is in a layer above')
      elif (layers[other] == layers[name]
            and other.removeprefix('inception.') not in within):
        found.append(f'{where}, of the same layer and not in WITHIN_A_LAYER')
      elif (name.startswith('inception.data.')
            and other.startswith('inception.slim.')):
        found.append(f'{where}: data/ knows nothing of the network')
  return found


def check_imports_are_modules(tree: Tree) -> list[str]:
  """A project's module is imported whole, and absolutely."""
  found = []
  for path in source_tree.modules(tree).values():
    for what in source_tree.imports(tree, path):
      if what.name.startswith('.'):
        found.append(f'{path}:{what.line}: relative import of {what.name}')
      elif not what.is_module:
        found.append(f'{path}:{what.line}: imports a name out of {what.name}; '
                     'import the module')
  return found


def check_flags_only_in_commands(tree: Tree) -> list[str]:
  """Only commands know absl.flags and absl.app."""
  return [
      f'{path}:{what.line}: imports {what.name}, which only commands do'
      for name, path in _production(tree).items() if name not in commands()
      for what in source_tree.imports(tree, path)
      if what.name in ('absl.flags', 'absl.app')
  ]


def _library_sin(node: ast.AST) -> str | None:
  match node:
    case ast.Assert():
      return 'assert'
    case ast.ExceptHandler(type=None):
      return 'a bare except'
    case ast.ExceptHandler(type=ast.Name(id='Exception' | 'BaseException')):
      return 'except Exception'
    case ast.Raise(exc=ast.Name(id='SystemExit')
                   | ast.Call(func=ast.Name(id='SystemExit'))):
      return 'raise SystemExit'
    case ast.Call(func=ast.Name(id='print')):
      return 'print()'
    case ast.Call(func=ast.Name() | ast.Attribute() as function):
      if ast.unparse(function) in _EXITS:
        return f'{ast.unparse(function)}()'
  return None


def check_libraries_are_quiet(tree: Tree) -> list[str]:
  """Libraries never assert, print, exit, or catch every exception."""
  found = []
  for name, path in _production(tree).items():
    if name in commands():
      continue
    for node in ast.walk(source_tree.parse(tree, path)):
      sin = _library_sin(node)
      if sin:
        found.append(f'{path}:{node.lineno}: {sin} in a library')
  return found


def _test_of(path: str) -> str:
  return 'tests/' + path.removeprefix('inception/').removesuffix(
      '.py') + '_test.py'


def check_every_module_has_a_test(tree: Tree) -> list[str]:
  """inception/slim/ops.py is tested by tests/slim/ops_test.py.

  What only tests use is tested by them.
  """
  return [f'{path}: has no {_test_of(path)}'
          for path in _production(tree).values()
          if _test_of(path) not in tree]


def _installed() -> set[str]:
  return set(importlib.metadata.packages_distributions())


def check_names(tree: Tree) -> list[str]:
  """No name that hides a module of Python's, a package or a command.

  The folder of a program is the first place where Python looks.
  """
  taken = set(sys.stdlib_module_names) | _installed()
  found = []
  folders = set()
  for path in source_tree.modules(tree).values():
    folder, name = posixpath.split(path)
    folders.add(folder)
    if name == '__init__.py':
      found.append(f'{path}: no package has an __init__.py')
    elif name.removesuffix('.py') in taken:
      found.append(f'{path}: named as a module of Python or of a package')
  names = {name.rpartition('.')[2] for name in commands()}
  for folder in sorted(folders):
    if posixpath.basename(folder) in names:
      found.append(f'{folder}/: named as a command')
    if folder == 'tests/inception':
      found.append(f'{folder}/: hides the package inception')
  return found


CHECKS: tuple[Callable[[Tree], list[str]], ...] = (
    check_layers,
    check_imports_are_modules,
    check_flags_only_in_commands,
    check_libraries_are_quiet,
    check_every_module_has_a_test,
    check_names,
)
