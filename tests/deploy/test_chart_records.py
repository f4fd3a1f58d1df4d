"""The database of calls' records in the chart: one of yours, or CloudNativePG's Cluster."""

import pytest

from tests.deploy.chart import changes, refusal, render
from tests.deploy.test_chart_security import restricted

pytestmark = pytest.mark.deploy

EXTERNAL = {"source": "external", "external": {"existingSecret": "db", "caSecret": "db-ca"}}
CLUSTER = {"source": "cluster"}
OURS = {"asterisk": {"softphones": {"existingSecret": "softphones"}}}
CHECKED = [
    {"name": "PGSSLMODE", "value": "verify-full"},
    {"name": "PGSSLROOTCERT", "value": "/etc/voicebot/records-ca/ca.crt"},
]


def url(secret, key):
    """How a container is told of the database."""
    reference = {"secretKeyRef": {"name": secret, "key": key}}
    return {"name": "BOT_RECORDS__URL", "valueFrom": reference}


def pods(found):
    """The bot's and the migration's pod."""
    return [found.one(kind)["spec"]["template"]["spec"] for kind in ("Deployment", "Job")]


def test_no_database_unless_one_is_wanted():
    """Neither a variable nor a Job, nor a Cluster."""
    found = render(**{**OURS, "riva": {"source": "nim"}})
    assert not found.all("Job") and not found.all("Cluster")
    kinds = {kind for kind, _, _ in changes(found, render(**OURS, records=EXTERNAL))}
    assert kinds == {"Deployment", "Job"}


def test_a_database_of_ones_own_is_known_by_a_secret():
    """Bots and migration read the same URL, and check the server's certificate."""
    for pod in pods(render(records=EXTERNAL)):
        env = pod["containers"][0]["env"]
        assert url("db", "url") in env and all(each in env for each in CHECKED)
        [mount] = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "records-ca"]
        assert CHECKED[1]["value"] == f"{mount['mountPath']}/ca.crt"
        [volume] = [each for each in pod["volumes"] if each["name"] == "records-ca"]
        assert volume["secret"]["secretName"] == "db-ca"
    plain = render(records={**EXTERNAL, "external": {"existingSecret": "db", "key": "dsn"}})
    for pod in pods(plain):
        env = pod["containers"][0]["env"]
        assert url("db", "dsn") in env and CHECKED[0] not in env, "the URL says how"


def test_of_a_cluster_only_the_authoritys_certificate_is_mounted():
    """The Secret that CloudNativePG makes of it holds the authority's key, too."""
    found = render(records=CLUSTER)
    name = found.one("Cluster")["metadata"]["name"]
    for pod in pods(found):
        assert url(f"{name}-app", "uri") in pod["containers"][0]["env"]
        [volume] = [each for each in pod["volumes"] if each["name"] == "records-ca"]
        assert volume["secret"]["secretName"] == f"{name}-ca"
        assert volume["secret"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]


def test_a_cluster_stays_when_the_release_goes():
    """Records of calls are not thrown away by an uninstall; PostgreSQL is pinned."""
    cluster = render(records=CLUSTER).one("Cluster")
    assert cluster["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert cluster["spec"]["instances"] == 3
    assert cluster["spec"]["imageName"].rpartition(":")[2][0].isdigit()


def test_bots_alone_reach_the_database():
    """And the migration, its own copies, its operator, Prometheus; bots may leave for it."""
    values = {"monitoring": {"serviceMonitor": {"enabled": True}}, "records": CLUSTER}
    found = render(**values, networkPolicy={"egress": {"enabled": True}})
    name = found.one("Cluster")["metadata"]["name"]
    policy = found.one("NetworkPolicy", "-records")["spec"]
    assert policy["podSelector"]["matchLabels"] == {"cnpg.io/cluster": name}
    ours, peers, operator, watch = policy["ingress"]
    labels = [
        found.one(kind)["spec"]["template"]["metadata"]["labels"] for kind in ("Deployment", "Job")
    ]
    for peer, pod in zip(ours["from"], labels, strict=True):
        assert peer["podSelector"]["matchLabels"].items() <= pod.items()
    assert ours["ports"] == [{"port": 5432}]
    assert peers["from"] == [{"podSelector": policy["podSelector"]}]
    spaces = [
        rule["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for rule in (operator, watch)
    ]
    assert spaces == ["cnpg-system", "monitoring"]
    leaving = found.one("NetworkPolicy", "-bot")["spec"]["egress"]
    to = {"to": [{"podSelector": policy["podSelector"]}], "ports": [{"port": 5432}]}
    assert to in leaving


def test_another_pod_of_the_migration_is_another_job():
    """A Job's pod cannot be changed; an upgrade that tried would fail."""
    before = render(records=EXTERNAL).one("Job")["metadata"]["name"]
    same = render(records=EXTERNAL, bot={"replicas": 7}).one("Job")["metadata"]["name"]
    other = render(records=EXTERNAL, bot={"image": {"tag": "0.2.0"}}).one("Job")["metadata"]["name"]
    moved = render(records=EXTERNAL, bot={"runAsUser": 1000660000}).one("Job")["metadata"]["name"]
    assert before == same
    assert len({before, other, moved}) == 3


def test_the_migrations_pod_is_confined_as_the_bots_is():
    """Pod security `restricted`, a read-only image, no token."""
    pod = pods(render(records=EXTERNAL))[1]
    assert restricted(pod) == []
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


def test_the_migrations_pod_is_none_of_the_bots():
    """Neither a Service nor the bots' policy selects it."""
    found = render(records=EXTERNAL)
    labels = found.one("Job")["spec"]["template"]["metadata"]["labels"]
    for service in found.all("Service", "-bot"):
        assert not service["spec"]["selector"].items() <= labels.items()


def test_recordings_wait_in_the_pod_for_their_store():
    """A folder that may be written to, bounded; nothing of it without a store."""
    settings = {"recordings": {"enabled": True, "s3": {"bucket": "calls"}}}
    found = render(records=EXTERNAL, bot={"settings": settings})
    pod = pods(found)[0]
    [mount] = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "recordings"]
    assert f"folder: {mount['mountPath']}" in found.one("ConfigMap", "-bot")["data"]["bot.yaml"]
    [volume] = [each for each in pod["volumes"] if each["name"] == "recordings"]
    assert volume["emptyDir"]["sizeLimit"]
    assert "recordings" not in [
        each["name"] for each in pods(render(records=EXTERNAL))[0]["volumes"]
    ]


@pytest.mark.parametrize(("values", "message"), [
    ({"bot": {"settings": {"recordings": {"enabled": True}}}}, "a pod's files end with it"),
    ({"records": {"source": "external"}}, "name a Secret with the database's URL"),
    ({"records": {"source": "mysql"}}, "/records/source"),
    ({"records": {**CLUSTER, "cluster": {"image": "postgres"}}}, "/records/cluster/image"),
    ({"records": {**CLUSTER, "cluster": {"image": "postgres:latest"}}}, "/records/cluster/image"),
    ({"records": {**CLUSTER, "cluster": {"plugins": [{}]}}}, "missing property 'name'"),
    (
        {"records": EXTERNAL, "networkPolicy": {"egress": {"enabled": True}}},
        "could not reach",
    ),
    (
        {"records": EXTERNAL,
         "bot": {"secretEnv": {"BOT_RECORDS__URL": {"secret": "a", "key": "b"}}}},
        "both name a database",
    ),
    ({"networkPolicy": {"postgresOperatorNamespace": ""}}, "/postgresOperatorNamespace"),
])  # fmt: skip
def test_what_cannot_work_is_refused(values, message):
    """With the value and the remedy."""
    assert message in refusal(**values)
