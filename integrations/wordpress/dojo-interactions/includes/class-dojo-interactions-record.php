<?php
/**
 * Makes interactions.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Interactions in Dojo's own form.
 */
final class Dojo_Interactions_Record {

	/**
	 * Something that the visitor of this request does now.
	 *
	 * @param string $type   The interaction type.
	 * @param array  $fields Further fields.
	 * @param string $uuid   What identifies it; a fresh one where it is empty.
	 */
	public static function of_visitor( string $type, array $fields, string $uuid = '' ): array {
		$record = array( 'type' => $type ) + self::who( get_current_user_id(), Dojo_Interactions_Visitor::id() ) + $fields;

		$record['timestamp'] = gmdate( 'Y-m-d\TH:i:s\Z' );
		$record['context']   = self::context( $uuid ? $uuid : 'wordpress:' . wp_generate_uuid4(), 'wordpress' );
		if ( ! empty( $_SERVER['HTTP_USER_AGENT'] ) ) {
			$record['context']['user_agent'] = sanitize_text_field( wp_unslash( $_SERVER['HTTP_USER_AGENT'] ) );
		}
		return $record;
	}

	/**
	 * The ids of a person.
	 *
	 * @param int    $user    A user of this site; 0 for nobody.
	 * @param string $visitor A visitor; empty for nobody.
	 */
	public static function who( int $user, string $visitor ): array {
		return array_filter(
			array(
				'user_id'      => $user > 0 ? (string) $user : '',
				'anonymous_id' => $visitor,
			)
		);
	}

	/**
	 * The context of every record.
	 *
	 * @param string $uuid   What identifies the record: sent twice, it is one.
	 * @param string $source Where it comes from.
	 */
	public static function context( string $uuid, string $source ): array {
		return array(
			'custom_context' => array(
				'uuid'   => $uuid,
				'source' => $source,
			),
		);
	}

	/**
	 * The fields that say which product it is. A product without variations is sold as itself.
	 *
	 * @param int $product   The product.
	 * @param int $variation Its variation, or 0.
	 */
	public static function product( int $product, int $variation = 0 ): array {
		return array(
			'product_ids'       => array( (string) ( $variation > 0 ? $variation : $product ) ),
			'product_group_ids' => array( (string) $product ),
		);
	}
}
