"""OpenStack Swift with its S3 API in one process: account, container and object server, and a proxy over TLS.

Arguments: directory, port of the proxy, port of the three others. The directory holds cert.pem and key.pem.
"""

import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402

directory, proxy_port, *storage_ports = sys.argv[1], *map(int, sys.argv[2:])
utils.HASH_PATH_SUFFIX = utils.HASH_PATH_PREFIX = b'holdfast'

from swift.account import server as account  # noqa: E402
from swift.common.middleware import container_quotas, slo, tempauth  # noqa: E402
from swift.common.middleware.s3api import s3api  # noqa: E402
from swift.common.swob import Request  # noqa: E402
from swift.common.wsgi import SwiftHttpProtocol  # noqa: E402
from swift.container import server as container  # noqa: E402
from swift.obj import server as obj  # noqa: E402
from swift.proxy import server as proxy  # noqa: E402

devices = os.path.join(directory, 'devices')
os.makedirs(os.path.join(devices, 'disk'))
conf = {
    'devices': devices,
    'mount_check': 'false',
    'swift_dir': directory,
    'log_level': 'ERROR',
    'bind_ip': '127.0.0.1',
    'fallocate_reserve': '0',
    'disable_fallocate': 'true',
    'account_autocreate': 'true',
    'node_timeout': '20',
}


class Cache:
    """What memcached would be."""

    def __init__(self, app):
        self.app = app
        self.values = {}

    def __call__(self, env, start_response):
        env['swift.cache'] = self
        return self.app(env, start_response)

    def get(self, key, **_more):
        return self.values.get(key)

    def set(self, key, value, **_more):
        self.values[key] = value

    def incr(self, key, delta=1, **_more):
        self.values[key] = max(0, int(self.values.get(key, 0)) + delta)
        return self.values[key]

    def delete(self, key, **_more):
        self.values.pop(key, None)


def serve(app, port, tls=False):
    listener = eventlet.listen(('127.0.0.1', port))
    if tls:
        files = {name + 'file': os.path.join(directory, name + '.pem') for name in ('cert', 'key')}
        listener = eventlet.wrap_ssl(listener, server_side=True, **files)
    return eventlet.spawn(
        wsgi.server,
        listener,
        app,
        utils.NullLogger(),
        protocol=SwiftHttpProtocol,
        capitalize_response_headers=False,
    )


for name, port in zip(('account', 'container', 'object'), storage_ports):
    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
    builder.add_dev(
        {'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'disk', 'weight': 1}
    )
    builder.rebalance()
    builder.get_ring().save(os.path.join(directory, name + '.ring.gz'))

for server, port in zip((account, container, obj), storage_ports):
    serve(server.app_factory(conf), port)

app = bare = proxy.app_factory({**conf, '__name__': 'proxy-server', '__file__': os.devnull})
app = container_quotas.filter_factory(conf)(app)
app = slo.filter_factory(conf)(app)
app = tempauth.filter_factory(conf, user_keeper_backup='the-secret/of+it .admin')(app)
# Lists come in short pages; tests move the clock.
app = s3api.filter_factory(
    conf, max_bucket_listing='100', allowable_clock_skew='86400', min_segment_size='1'
)(app)
app = Cache(app)

for path, quota in (
    ('backups', None),
    ('backups+segments', None),
    ('full', 4194304),
    ('full+segments', 4194304),
):
    headers = {'X-Container-Meta-Quota-Bytes': str(quota)} if quota else {}
    request = Request.blank(
        '/v1/AUTH_keeper/' + path, environ={'REQUEST_METHOD': 'PUT'}, headers=headers
    )
    response = request.get_response(Cache(bare))
    if response.status_int // 100 != 2:
        sys.exit('%s: %s %s' % (path, response.status, response.body))

serve(app, proxy_port, tls=True).wait()
