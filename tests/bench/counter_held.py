"""What a site holds after the benchmark of the counter: the ids of all its visits, as JSON."""

import json

import django

django.setup()

from huoshui.models import Visit  # noqa: E402


def main() -> None:
    """Print them."""
    print(json.dumps([str(x) for x in Visit.objects.values_list("client_id", flat=True)]))


if __name__ == "__main__":
    main()
