"""Objects in S3 that are written once and never change."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_once(s3: "S3Client", bucket: str, key: str, body: bytes, content_type: str) -> bool:
    """Write an object, unless there is one under this key; whether it was written."""
    while True:
        try:
            s3.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalRequestConflict":
                continue  # 409: another write of the same key was under way
            if code != "PreconditionFailed":
                raise
            return False
        return True
